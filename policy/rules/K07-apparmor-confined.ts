import { word } from "../field";
import { eachSecurityContext, forPods } from "../pods";
import { type Rule, eachEntry, must } from "../rule";

const annotationPrefix = "container.apparmor.security.beta.kubernetes.io/";

export const rule: Rule = {
  id: "K07",
  name: "apparmor-confined",
  severity: "medium",
  what: "An AppArmor profile is RuntimeDefault or Localhost where one is set, as a field or as an annotation.",
  why: "Unconfined takes away the file and mount rules that hold a container in.",
  remediation: "Remove the profile, or set type RuntimeDefault.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec, metadata }) => [
    ...eachSecurityContext(spec, (context) =>
      context.at("appArmorProfile").absent
        ? []
        : must(
            context.at("appArmorProfile", "type"),
            (type) => type === "RuntimeDefault" || type === "Localhost",
            "must be RuntimeDefault or Localhost",
          ),
    ),
    ...eachEntry(metadata.at("annotations"), (key, annotation) =>
      key.startsWith(annotationPrefix)
        ? must(
            annotation,
            (value) => value === "" || value === "runtime/default" || word(value).startsWith("localhost/"),
            "must be runtime/default or localhost/<profile>",
          )
        : [],
    ),
  ]),
};
