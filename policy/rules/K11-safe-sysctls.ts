import { word } from "../field";
import { forPods } from "../pods";
import { type Rule, each, must } from "../rule";

/** Sysctls that are namespaced and harmless to the node (check_sysctls.go of pod-security-admission, from 1.32 on). */
const safe = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

export const rule: Rule = {
  id: "K11",
  name: "safe-sysctls",
  severity: "medium",
  what: "Pods set only sysctls from the safe list.",
  why: "Other sysctls reach the node or its other pods.",
  remediation: "Remove the sysctl, or set it on the node in a script of the node's own.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    each(spec.at("securityContext", "sysctls"), (sysctl) =>
      must(sysctl.at("name"), (name) => safe.includes(word(name)), "is not on the list of safe sysctls"),
    ),
  ),
};
