import type { ResourceFacts } from "../facts";
import { type KubeObject, kubeObject } from "../kube-object";
import { type Pod, forPods, podOf } from "../pods";
import { type Finding, type Rule, must, whenKnown } from "../rule";

const replicated = ["Deployment", "StatefulSet"];

function spread({ object, spec }: Pod): readonly Finding[] {
  if (!replicated.includes(object.kind)) return [];
  return [
    ...must(
      object.spec.at("replicas"),
      (count) => typeof count === "number" && count >= 2,
      "must be 2 or more",
    ),
    ...must(
      spec.at("topologySpreadConstraints"),
      (list) => Array.isArray(list) && list.length > 0,
      "must spread the replicas over nodes",
    ),
  ];
}

/** Whether the budget's selector picks the pods of the workload. */
function selects(budget: KubeObject, pod: Pod): boolean {
  const labels = pod.metadata.at("labels");
  const wanted = budget.spec.at("selector", "matchLabels").entries;
  return wanted.length > 0 && wanted.every(([key, value]) => labels.at(key).value === value.value);
}

function hasBudget(resources: readonly ResourceFacts[]): readonly Finding[] {
  const budgets = resources.map(kubeObject).filter((object) => object?.kind === "PodDisruptionBudget");
  return resources.flatMap((resource) => {
    const pod = podOf(resource);
    if (pod === undefined || !replicated.includes(pod.object.kind)) return [];
    return whenKnown([pod.metadata.at("labels")], () =>
      budgets.some(
        (budget) =>
          budget?.namespace === pod.object.namespace && budget !== undefined && selects(budget, pod),
      )
        ? []
        : [{ path: "", message: "has no PodDisruptionBudget that selects its pods" }],
    ).map((finding) => ({ ...finding, urn: resource.urn }));
  });
}

export const rule: Rule = {
  id: "K26",
  name: "spread-in-prod",
  severity: "low",
  what: "In prod a replicated workload has two replicas or more, spread over nodes, and a PodDisruptionBudget.",
  why: "A drained node otherwise takes the whole service with it.",
  remediation:
    "Set replicas, topologySpreadConstraints and a PodDisruptionBudget, or waive it with a reason.",
  url: "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
  frameworks: { attack: ["T1499"] },
  level: "advisory",
  resource: (resource, context) =>
    context.policy.stage === "prod" ? forPods((pod) => spread(pod))(resource, context) : [],
  stack: (resources, { policy }) => (policy.stage === "prod" ? hasBudget(resources) : []),
};
