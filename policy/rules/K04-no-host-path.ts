import type { RuleContext } from "../context";
import type { Field } from "../field";
import { qualifiedName } from "../kube-object";
import { type Pod, forPods } from "../pods";
import { type Finding, type Rule, each, must, violation } from "../rule";

/** An agent may mount the paths that its entry names; read-only unless the entry says that it writes. */
function judge(volume: Field, pod: Pod, { policy }: RuleContext): readonly Finding[] {
  const path = volume.at("hostPath", "path");
  if (volume.at("hostPath").absent) return [];
  const agent = policy.allow.agents.find((entry) => entry.object === qualifiedName(pod.object));
  return must(volume.at("hostPath"), () => false, "must not be used").flatMap((finding) => {
    if (finding.notJudged || agent === undefined) return [finding];
    const allowed = agent.hostPaths.find((entry) => entry.path === path.text);
    if (allowed === undefined) return [violation(path, "is not on the agent's list of host paths")];
    return allowed.writable === true ? [] : writableMounts(volume, pod);
  });
}

function writableMounts(volume: Field, { spec }: Pod): readonly Finding[] {
  return ["containers", "initContainers"].flatMap((list) =>
    each(spec.at(list), (container) =>
      each(container.at("volumeMounts"), (mount) =>
        mount.at("name").text === volume.at("name").text
          ? must(mount.at("readOnly"), (value) => value === true, "must be true for this host path")
          : [],
      ),
    ),
  );
}

export const rule: Rule = {
  id: "K04",
  name: "no-host-path",
  severity: "critical",
  what: "No hostPath volume; a listed agent mounts only its listed paths, read-only unless its entry says otherwise.",
  why: "A host path gives files of the node: kubelet credentials, container sockets, the runtime's own binaries.",
  remediation:
    "Use a volume of the cluster; for an agent add the path to its entry in policy/config/agents.ts.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.11"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods((pod, context) => each(pod.spec.at("volumes"), (volume) => judge(volume, pod, context))),
};
