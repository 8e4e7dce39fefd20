import { connectionsOf } from "../commands";
import type { RuleContext } from "../context";
import { word } from "../field";
import { unset } from "../pods";
import { type Rule, must, whenKnown } from "../rule";

/** An nspawn machine has no other login; it is part of the machine that runs the engine. */
function mayBeRoot(host: string, { policy, platform }: RuleContext): boolean {
  const nspawn = platform?.nodes.some((node) => node.driver === "nspawn" && node.address === host);
  return nspawn === true || policy.allow.rootHosts.includes(host);
}

export const rule: Rule = {
  id: "H02",
  name: "key-login",
  severity: "high",
  what: "Connections log in with a key, not a password, and not as root, except on nspawn machines and listed hosts.",
  why: "A password can be guessed and is sent to whoever answers; a root login leaves no name behind.",
  remediation:
    "Give privateKey instead of password; log in as a user with sudo, or list the host in rootHosts of policy/config/<stage>.ts.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#connection",
  frameworks: { owasp: ["K09"], attack: ["T1110", "T1021.004"] },
  level: "mandatory",
  resource: (resource, context) =>
    connectionsOf(resource).flatMap((connection) => {
      const [host, user] = [connection.at("host"), connection.at("user")];
      return [
        ...must(connection.at("password"), unset, "must not be set"),
        ...whenKnown([host, user], () =>
          mayBeRoot(word(host.value), context)
            ? []
            : must(user, (name) => typeof name === "string" && name !== "root", "must not be root"),
        ),
      ];
    }),
};
