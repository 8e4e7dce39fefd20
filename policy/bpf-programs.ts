import type { ResourceFacts } from "./facts";

/** One BPF object at one place of one node; its inputs are those of components/bpf/program.ts. */
export const isBpfProgram = (resource: ResourceFacts): boolean =>
  resource.type === "pulumi-nodejs:dynamic/bpf:Program";
