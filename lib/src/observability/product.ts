import type { PlatformConfig } from "../config";

/** Whose metrics a rule or a dashboard reads. */
export type Product = keyof typeof parts;

const parts = {
  prometheus: () => true,
  cilium: ({ cilium }: PlatformConfig) => cilium !== undefined,
  hubble: ({ cilium }: PlatformConfig) => cilium !== undefined,
  falco: ({ platform }: PlatformConfig) => platform.falco !== "off",
  tetragon: ({ platform }: PlatformConfig) => platform.tetragon !== "off",
  bpf: ({ bpf }: PlatformConfig) => bpf.metrics !== undefined,
} satisfies Record<string, (config: PlatformConfig) => boolean>;

/** Whether the stack runs it and Prometheus reads its metrics. */
export function runs(product: Product, config: PlatformConfig): boolean {
  return parts[product](config);
}
