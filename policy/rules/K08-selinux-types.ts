import { eachSecurityContext, forPods, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K08",
  name: "selinux-types",
  severity: "medium",
  what: "SELinux options name a container type, and neither a user nor a role.",
  why: "Other types, users and roles are those of the host.",
  remediation: "Remove seLinuxOptions, or set type to container_t.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    eachSecurityContext(spec, (context) => {
      const options = context.at("seLinuxOptions");
      return [
        ...must(
          options.at("type"),
          unsetOr("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"),
          "is no container type",
        ),
        ...must(options.at("user"), unsetOr(""), "must not be set"),
        ...must(options.at("role"), unsetOr(""), "must not be set"),
      ];
    }),
  ),
};
