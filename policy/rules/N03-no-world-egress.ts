import { type Field, word } from "../field";
import { forKinds } from "../kube-object";
import { policyKinds, specsOf } from "../network-policies";
import { type Finding, type Rule, each, must } from "../rule";

const everywhere = (cidr: unknown): boolean => typeof cidr === "string" && cidr.endsWith("/0");

function judgeRule(rule: Field): readonly Finding[] {
  return [
    ...each(rule.at("to"), (peer) =>
      must(peer.at("ipBlock", "cidr"), (cidr) => !everywhere(cidr), "must not be the whole address space"),
    ),
    ...each(rule.at("toCIDR"), (cidr) =>
      must(cidr, (value) => !everywhere(value), "must not be the whole address space"),
    ),
    ...each(rule.at("toCIDRSet"), (set) =>
      must(set.at("cidr"), (cidr) => !everywhere(cidr), "must not be the whole address space"),
    ),
    ...each(rule.at("toEntities"), (entity) =>
      must(
        entity,
        (value) => value !== "world" && value !== "all" && !word(value).startsWith("world-"),
        "must not be allowed",
      ),
    ),
  ];
}

/** In a NetworkPolicy a rule without `to` allows every destination. */
function withoutPeer(rule: Field): readonly Finding[] {
  return must(
    rule,
    () => !rule.at("to").absent && rule.at("to").items.length > 0,
    "names no destination, which allows all",
  );
}

export const rule: Rule = {
  id: "N03",
  name: "no-world-egress",
  severity: "high",
  what: "No policy allows egress to the whole address space or to the entities world and all.",
  why: "That is the way out for stolen data and the way in for tools.",
  remediation: "Name the peers, use toFQDNs for names outside, or waive it with a reason.",
  url: "https://docs.cilium.io/en/stable/security/policy/layer3/",
  frameworks: { owasp: ["K05"], attack: ["T1048", "T1041"] },
  level: "mandatory",
  resource: forKinds(policyKinds, (object) =>
    specsOf(object).flatMap((spec) =>
      each(spec.at("egress"), (rule) => [
        ...judgeRule(rule),
        ...(object.kind === "NetworkPolicy" ? withoutPeer(rule) : []),
      ]),
    ),
  ),
};
