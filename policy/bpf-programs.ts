import type { ResourceFacts } from "./facts";
import type { Field } from "./field";

export const isBpfProgram = (resource: ResourceFacts): boolean =>
  resource.type === "pulumi-nodejs:dynamic/bpf:Program";

/** The manifest that goes to the node beside the object. */
export function manifestOf(resource: ResourceFacts): Field {
  return resource.props.at("manifest");
}

/** Attach points of the program's functions. */
export function attachPointsOf(resource: ResourceFacts): readonly Field[] {
  return manifestOf(resource)
    .at("programs")
    .items.map((program) => program.at("attach"));
}
