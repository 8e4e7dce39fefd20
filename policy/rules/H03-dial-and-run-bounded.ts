import { connectionsOf, isRemote, isRemoteCommand, scriptsOf } from "../commands";
import type { Value } from "../field";
import { type Rule, must } from "../rule";

const between = (low: number, high: number) => (value: Value | undefined) =>
  typeof value === "number" && value >= low && value <= high;

export const rule: Rule = {
  id: "H03",
  name: "dial-and-run-bounded",
  severity: "medium",
  what: "A remote command has a finite dialErrorLimit (1 to 100), a perDialTimeout (1 to 60 s) and text that starts with `timeout`.",
  why: "The provider ignores every deadline once a command runs: only the node itself can end it, and an endless dial blocks the whole update.",
  remediation:
    "Use NodeCommand, which sets all three; in a connection of your own set dialErrorLimit and perDialTimeout.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#connection",
  frameworks: { attack: ["T1499"] },
  level: "mandatory",
  resource: (resource) => {
    if (!isRemote(resource)) return [];
    const scripts = isRemoteCommand(resource) ? scriptsOf(resource) : [];
    return [
      ...connectionsOf(resource).flatMap((connection) => [
        ...must(connection.at("dialErrorLimit"), between(1, 100), "must be a number from 1 to 100"),
        ...must(connection.at("perDialTimeout"), between(1, 60), "must be 1 to 60 seconds"),
      ]),
      ...scripts.flatMap((script) =>
        must(
          script,
          (text) => typeof text === "string" && /^timeout\s/.test(text),
          "must start with `timeout`",
        ),
      ),
    ];
  },
};
