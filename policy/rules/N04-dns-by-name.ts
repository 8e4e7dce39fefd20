import { type Field, word } from "../field";
import { forKinds } from "../kube-object";
import { specsOf } from "../network-policies";
import { type Finding, type Rule, each, violation, whenKnown } from "../rule";

const ciliumKinds = ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"];

function isDnsPort(port: Field): boolean {
  const number = word(port.at("port").value);
  return number === "53" || number === "dns" || number === "dns-tcp";
}

/** Labels that name kube-dns, in the forms Cilium takes. */
function isKubeDns(endpoint: Field): boolean {
  const labels = endpoint
    .at("matchLabels")
    .entries.map(([key, value]) => `${key.replace(/^(k8s|any)[:.]/, "")}=${word(value.value)}`);
  return labels.some((label) => label === "k8s-app=kube-dns" || label === "k8s-app=coredns");
}

function judgeRule(rule: Field): readonly Finding[] {
  return each(rule.at("toPorts"), (toPorts) => {
    if (!toPorts.at("ports").items.some(isDnsPort)) return [];
    const findings: Finding[] = [];
    const peers = rule.at("toEndpoints");
    if (peers.items.length === 0 || !peers.items.every(isKubeDns)) {
      findings.push(violation(peers, "must name kube-dns and nothing else, because the rule opens port 53"));
    }
    if (toPorts.at("rules", "dns").items.length === 0) {
      findings.push(violation(toPorts.at("rules", "dns"), "must hold the names that may be asked for"));
    }
    return findings;
  });
}

export const rule: Rule = {
  id: "N04",
  name: "dns-by-name",
  severity: "high",
  what: "A policy that opens port 53 opens it to kube-dns only and with an L7 `dns` rule.",
  why: "Any other resolver, and any name at all, is a tunnel; toFQDNs only works when Cilium sees the answers.",
  remediation:
    "Use toEndpoints with k8s-app: kube-dns, and rules.dns with the names that are needed; allow names outside by toFQDNs.",
  url: "https://docs.cilium.io/en/stable/security/dns/",
  frameworks: { owasp: ["K05"], attack: ["T1071.004", "T1048"] },
  level: "mandatory",
  resource: forKinds(ciliumKinds, (object) =>
    specsOf(object).flatMap((spec) =>
      each(spec.at("egress"), (rule) => whenKnown([rule], () => judgeRule(rule))),
    ),
  ),
};
