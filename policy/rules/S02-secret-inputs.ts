import { isCommand } from "../commands";
import { type Rule, type SafeDefault } from "../rule";

export const rule: Rule = {
  id: "S02",
  name: "secret-inputs",
  severity: "high",
  what: "stdin and environment of every command are secret in the state; where they are not, the pack wraps them.",
  why: "The state and every diff show plain inputs. Policies see secrets unwrapped and cannot ask whether a value is one, so this rule repairs instead of asking.",
  remediation: "Nothing to do; in the program use pulumi.secret() or NodeCommand's `secrets`.",
  url: "https://www.pulumi.com/docs/iac/concepts/secrets/",
  frameworks: { owasp: ["K03"], attack: ["T1552"] },
  level: "remediate",
  remedy: (resource) =>
    isCommand(resource)
      ? ["stdin", "environment"]
          .filter((key) => !resource.props.at(key).absent)
          .map((key): SafeDefault => ({ key, secret: true }))
      : [],
};
