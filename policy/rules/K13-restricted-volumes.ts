import type { Field } from "../field";
import { forPods } from "../pods";
import { type Finding, type Rule, each, notJudged, violation } from "../rule";

const allowed = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"],
  ...["persistentVolumeClaim", "projected", "secret"],
];

function judge(volume: Field): readonly Finding[] {
  if (typeof volume.value === "symbol") return [notJudged(volume)];
  const sources = volume.entries.filter(([key, field]) => key !== "name" && !field.absent);
  // Agents' host paths are K04's matter; here they would be reported twice.
  if (sources.some(([key]) => allowed.includes(key) || key === "hostPath")) return [];
  // The API server makes an emptyDir of a volume without a source.
  const [source] = sources;
  return source === undefined ? [] : [violation(source[1], "is no volume type of the restricted level")];
}

export const rule: Rule = {
  id: "K13",
  name: "restricted-volumes",
  severity: "high",
  what: "Volumes are of the kinds the restricted level allows.",
  why: "Other kinds mount storage from the node's network with the node's rights, past the cluster's access rules.",
  remediation: "Use a PersistentVolumeClaim or a CSI volume.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) => each(spec.at("volumes"), judge)),
};
