import type { ResourceFacts } from "./facts";
import { type Field, type Value, asList, word } from "./field";

/**
 * A k3s node as its component declares it (`ebpf-platform:cluster:K3sServer` and `K3sAgent`), in the component's inputs:
 * `config`: the rendered config.yaml as an object; `binary`: `{version, sha256}`;
 * `files`: path on the node → `{mode, content}`, for every file the configuration names.
 */
export interface K3sNode {
  readonly role: "server" | "agent";
  readonly config: Field;
  readonly binary: Field;
  readonly files: Field;
}

export function k3sNode(resource: ResourceFacts): K3sNode | undefined {
  const match = /^ebpf-platform:cluster:K3s(Server|Agent)$/.exec(resource.type);
  if (match === null) return undefined;
  const { props } = resource;
  const role = match[1] === "Server" ? "server" : "agent";
  return { role, config: props.at("config"), binary: props.at("binary"), files: props.at("files") };
}

/** Whether a list of `key=value` arguments, as in `kube-apiserver-arg`, sets the key to the value. */
export function hasArgument(list: Value | undefined, key: string, test: (value: string) => boolean): boolean {
  return asList(list).some((item) => {
    const [name, ...rest] = word(item).split("=");
    return name === key && test(rest.join("="));
  });
}
