import { isCommand } from "../commands";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "H06",
  name: "no-output-in-environment",
  severity: "medium",
  what: "A command sets addPreviousOutputInEnv to false.",
  why: "Otherwise the whole last output, which may hold secrets, goes into the environment of the next run, and an sshd without AcceptEnv warns each time.",
  remediation: "Use NodeCommand, or set addPreviousOutputInEnv: false.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#inputs",
  frameworks: { owasp: ["K03"], attack: ["T1552"] },
  level: "mandatory",
  resource: (resource) =>
    isCommand(resource)
      ? must(resource.props.at("addPreviousOutputInEnv"), (value) => value === false, "must be false")
      : [],
};
