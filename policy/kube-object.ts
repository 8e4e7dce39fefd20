import type { RuleContext } from "./context";
import type { ResourceFacts } from "./facts";
import type { Field } from "./field";
import type { Finding, ResourceCheck } from "./rule";

/** A Kubernetes object as the program or a manifest declares it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly root: Field;
  readonly spec: Field;
}

const token = /^kubernetes:([^:]+):([A-Za-z]+)$/;

/** The object behind a resource of the kubernetes provider; undefined for Helm releases and everything else. */
export function kubeObject(resource: ResourceFacts): KubeObject | undefined {
  const match = token.exec(resource.type);
  if (match === null || /^kubernetes:(helm|yaml|kustomize)/.test(resource.type)) return undefined;
  const [, group = "", kind = ""] = match;
  const root = resource.props;
  return {
    apiVersion: root.at("apiVersion").text ?? group.replace(/^core\//, ""),
    kind: root.at("kind").text ?? kind.replace(/Patch$/, ""),
    name: root.at("metadata", "name").text,
    namespace: root.at("metadata", "namespace").text,
    root,
    spec: root.at("spec"),
  };
}

/** A resource rule that looks at Kubernetes objects of some kinds only. */
export function forKinds(
  kinds: readonly string[],
  check: (object: KubeObject, context: RuleContext, resource: ResourceFacts) => readonly Finding[],
): ResourceCheck {
  return (resource, context) => {
    const object = kubeObject(resource);
    return object !== undefined && kinds.includes(object.kind) ? check(object, context, resource) : [];
  };
}

/** `namespace/name`; objects without a namespace are in `default`, as for the API server. */
export function qualifiedName(object: KubeObject): string {
  return `${object.namespace ?? "default"}/${object.name ?? ""}`;
}
