import type { ResourceFacts } from "../facts";
import { type Value, asList, word } from "../field";
import { helmChart } from "../helm";
import { k3sNode } from "../k3s";
import { isTrue } from "../pods";
import { type Finding, type Rule, must, whenKnown } from "../rule";

const disabled = ["servicelb", "traefik"];

function names(value: Value | undefined): readonly string[] {
  return asList(value).flatMap((item) => word(item).split(","));
}

/** kube-proxy may be off only if Cilium replaces it, and the other way round. */
function agree(resources: readonly ResourceFacts[]): readonly Finding[] {
  const servers = resources.filter((resource) => k3sNode(resource)?.role === "server");
  const cilium = resources.find((resource) => helmChart(resource)?.chart === "cilium");
  if (servers.length === 0 || cilium === undefined) return [];
  const replaces = cilium.props.at("values", "kubeProxyReplacement");
  return servers.flatMap((server) => {
    const disabledProxy = server.props.at("config", "disable-kube-proxy");
    return whenKnown([disabledProxy], () => {
      const off = disabledProxy.value === true;
      return must(
        replaces,
        (value) => (value === true || value === "true") === off,
        `must be ${off}, as disable-kube-proxy of ${server.name} is`,
      );
    }).map((finding) => ({ ...finding, urn: cilium.urn }));
  });
}

export const rule: Rule = {
  id: "C05",
  name: "cilium-instead",
  severity: "high",
  what: "k3s leaves to Cilium what Cilium does: no flannel, no network policy controller, no kube-proxy, no servicelb, no traefik; and Cilium replaces kube-proxy.",
  why: "Two of a kind write the same rules and routes; with neither, no Service works and nothing installs.",
  remediation:
    "Take both sides from the one function in lib/ that turns kube-proxy off and its replacement on.",
  url: "https://docs.cilium.io/en/stable/installation/k3s/",
  frameworks: { owasp: ["K07"] },
  note: "Judges the input config of ebpf-platform:cluster:K3sServer and the values of the release cilium.",
  level: "mandatory",
  resource: (resource) => {
    const node = k3sNode(resource);
    if (node?.role === "server") {
      const { config } = node;
      return [
        ...must(config.at("flannel-backend"), (value) => value === "none", "must be none"),
        ...must(config.at("disable-network-policy"), isTrue, "must be true"),
        ...must(config.at("disable-kube-proxy"), isTrue, "must be true"),
        ...must(
          config.at("disable"),
          (value) => disabled.every((name) => names(value).includes(name)),
          `must name ${disabled.join(" and ")}`,
        ),
      ];
    }
    const chart = helmChart(resource);
    if (chart?.chart !== "cilium") return [];
    return [
      ...must(
        chart.values.at("kubeProxyReplacement"),
        (value) => value === true || value === "true",
        "must be true",
      ),
      ...["k8sServiceHost", "k8sServicePort"].flatMap((key) =>
        must(
          chart.values.at(key),
          (value) => value !== undefined && value !== null && value !== "",
          "must be set",
        ),
      ),
    ];
  },
  stack: agree,
};
