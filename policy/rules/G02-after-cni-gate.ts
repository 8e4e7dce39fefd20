import { dependsOnGate, isGate, waitsForGate } from "../cni-gate";
import type { ResourceFacts } from "../facts";
import type { Finding, Rule } from "../rule";

function judge(resources: readonly ResourceFacts[]): readonly Finding[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const hasGate = resources.some(isGate);
  const ownsServers = resources.some(({ type }) => type === "ebpf-platform:cluster:K3sServer");
  if (!hasGate && !ownsServers) return [];
  return resources
    .filter((resource) => waitsForGate(resource) && !dependsOnGate(resource, byUrn))
    .map(({ urn }) => ({ path: "", message: "does not depend on the CNI gate", urn }));
}

export const rule: Rule = {
  id: "G02",
  name: "after-cni-gate",
  severity: "high",
  what: "Everything in the cluster depends on the gate that waits for Cilium, but the CNI itself, its definitions and namespaces.",
  why: "Without the CNI no pod starts: an install that does not wait hangs until its time limit and leaves half a release.",
  remediation: "Pass dependsOn with the CniGate to the component.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/",
  frameworks: { owasp: ["K07"] },
  note: "The gate is the component ebpf-platform:cluster:CniGate; stacks without servers of their own have none.",
  level: "mandatory",
  stack: judge,
};
