import { connectionsOf } from "../commands";
import { unset } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "H02",
  name: "key-login",
  severity: "high",
  what: "Connections log in with a key, not a password, and not as root unless the stage allows it.",
  why: "A password can be guessed and is sent to whoever answers; a root login leaves no name behind.",
  remediation:
    "Give privateKey instead of password; log in as a user with sudo, or allow root in policy/config/<stage>.ts.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#connection",
  frameworks: { owasp: ["K09"], attack: ["T1110", "T1021.004"] },
  level: "mandatory",
  resource: (resource, { policy }) =>
    connectionsOf(resource).flatMap((connection) => [
      ...must(connection.at("password"), unset, "must not be set"),
      ...(policy.allow.rootLogin
        ? []
        : must(
            connection.at("user"),
            (user) => typeof user === "string" && user !== "root",
            "must not be root",
          )),
    ]),
};
