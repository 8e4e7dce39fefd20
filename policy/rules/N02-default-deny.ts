import type { ResourceFacts } from "../facts";
import { type KubeObject, kubeObject } from "../kube-object";
import { type Direction, deniesByDefault, policyKinds } from "../network-policies";
import { type Finding, type Rule } from "../rule";

const stages = ["staging", "canary", "prod"];
const directions: readonly Direction[] = ["ingress", "egress"];

function everyNamespaceDenies(resources: readonly ResourceFacts[]): readonly Finding[] {
  const objects = resources.map(kubeObject).filter((object): object is KubeObject => object !== undefined);
  const policies = objects.filter(({ kind }) => (policyKinds as readonly string[]).includes(kind));
  return resources.flatMap((resource) => {
    const namespace = kubeObject(resource);
    if (namespace?.kind !== "Namespace") return [];
    return directions
      .filter((direction) => !policies.some((policy) => isolates(policy, namespace, direction)))
      .map((direction) => ({ path: "", message: `has no default-deny for ${direction}`, urn: resource.urn }));
  });
}

function isolates(policy: KubeObject, namespace: KubeObject, direction: Direction): boolean {
  const here = policy.kind === "CiliumClusterwideNetworkPolicy" || policy.namespace === namespace.name;
  return here && deniesByDefault(policy, direction);
}

export const rule: Rule = {
  id: "N02",
  name: "default-deny",
  severity: "critical",
  what: "In staging, canary and prod every namespace has a default-deny policy for ingress and for egress.",
  why: "Without one, every pod may talk to every other and to the Internet.",
  remediation:
    "Add a policy that selects all pods of the namespace and allows nothing; then allow what is needed by name.",
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
  frameworks: { cis: ["5.3.2"], owasp: ["K05"], attack: ["T1021", "T1048"] },
  level: "mandatory",
  stack: (resources, { policy }) => (stages.includes(policy.stage) ? everyNamespaceDenies(resources) : []),
};
