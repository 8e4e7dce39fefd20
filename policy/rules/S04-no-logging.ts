import { isRemoteCommand } from "../commands";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "S04",
  name: "no-logging",
  severity: "high",
  what: "Every remote command has `logging: none`.",
  why: "With logging on, both streams are printed even when they are secret, and one output line of 64 KiB hangs the update for ever.",
  remediation:
    'Use NodeCommand, or set logging: "none"; the log stays on the node and its tail is part of an error.',
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#logging",
  frameworks: { owasp: ["K03"], attack: ["T1552"] },
  level: "mandatory",
  resource: (resource) =>
    isRemoteCommand(resource)
      ? must(resource.props.at("logging"), (value) => value === "none", 'must be "none"')
      : [],
};
