import { word } from "../field";
import { forContainers } from "../pods";
import { type Rule, each, must } from "../rule";

/** What container runtimes give by default (check_capabilities_baseline.go of pod-security-admission). */
const defaults = [
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
];

export const rule: Rule = {
  id: "K03",
  name: "baseline-capabilities",
  severity: "high",
  what: "Containers add no capability beyond those a runtime gives anyway.",
  why: "SYS_ADMIN, BPF, NET_ADMIN and their like reach the kernel and other pods.",
  remediation:
    "Drop ALL and add only NET_BIND_SERVICE where it is needed; agents go on the stage's list of agents.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.8", "5.2.9"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forContainers((container) =>
    each(container.at("securityContext", "capabilities", "add"), (capability) =>
      must(capability, (name) => defaults.includes(word(name)), "is no capability of the baseline"),
    ),
  ),
};
