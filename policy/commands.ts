import type { ResourceFacts } from "./facts";
import type { Field } from "./field";

/** Resources that run a script of ours: on a node over SSH, or beside the engine. */
export function isCommand(resource: ResourceFacts): boolean {
  return resource.type === "command:remote:Command" || resource.type === "command:local:Command";
}

export function isRemoteCommand(resource: ResourceFacts): boolean {
  return resource.type === "command:remote:Command";
}

/** Resources of the command provider that open an SSH connection; `CopyFile` is the deprecated form. */
export function isRemote(resource: ResourceFacts): boolean {
  return /^command:remote:(Command|CopyToRemote|CopyFile)$/.test(resource.type);
}

/** The scripts of a command: what create, update and delete run. */
export function scriptsOf(resource: ResourceFacts): readonly Field[] {
  return ["create", "update", "delete"].map((key) => resource.props.at(key)).filter((field) => !field.absent);
}

/** The SSH connection and those it hops through. Commands and BPF programs carry one under `connection`. */
export function connectionsOf(resource: ResourceFacts): readonly Field[] {
  const found: Field[] = [];
  for (let field = resource.props.at("connection"); !field.absent; field = field.at("proxy")) {
    found.push(field);
    if (!field.known && field.entries.length === 0) break;
  }
  return found;
}
