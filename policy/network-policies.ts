import type { Field, Value } from "./field";
import type { KubeObject } from "./kube-object";

export const policyKinds = [
  "NetworkPolicy",
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
] as const;

export type Direction = "ingress" | "egress";

/** Cilium's policies hold one spec or a list of them. */
export function specsOf(object: KubeObject): readonly Field[] {
  return [object.spec, ...object.root.at("specs").items].filter((spec) => !spec.absent);
}

/** Whether the spec selects every pod of its namespace. */
function selectsAll(spec: Field, kind: string): boolean {
  const selector = kind === "NetworkPolicy" ? spec.at("podSelector") : spec.at("endpointSelector");
  return !selector.absent && selector.entries.length === 0;
}

/** Whether the object alone isolates every pod of its namespace in that direction. */
export function deniesByDefault(object: KubeObject, direction: Direction): boolean {
  return specsOf(object).some((spec) => {
    if (!selectsAll(spec, object.kind)) return false;
    if (object.kind === "NetworkPolicy") {
      const types = spec.at("policyTypes");
      const wanted: Value = direction === "ingress" ? "Ingress" : "Egress";
      const named = types.absent
        ? direction === "ingress" || !spec.at("egress").absent
        : types.items.some((item) => item.value === wanted);
      return named && allowsNothing(spec.at(direction));
    }
    return !spec.at(direction).absent && namesNobody(spec.at(direction));
  });
}

/** A NetworkPolicy denies with no rules; an empty rule in it allows everybody. */
function allowsNothing(rules: Field): boolean {
  return rules.items.length === 0;
}

/** Cilium denies as soon as a rule selects the pod; an empty rule (`[{}]`, the form of its guide) names nobody. */
function namesNobody(rules: Field): boolean {
  return rules.items.every((rule) => rule.entries.length === 0);
}
