import { type Value, word } from "../field";
import { forCharts } from "../helm";
import { isTrue, unsetOr } from "../pods";
import { type Finding, type Rule, must } from "../rule";
import type { HelmChart } from "../helm";

const hubble = ["drop", "dns", "httpV2", "flows-to-world"];

/** Hubble's metrics carry options after a colon: `httpV2:exemplars=true`. */
function namesAll(value: Value | undefined): boolean {
  const names = Array.isArray(value)
    ? (value as readonly Value[]).map((item) => word(item).split(/[:;]/)[0])
    : [];
  return hubble.every((name) => names.includes(name));
}

function judge({ chart, values }: HelmChart): readonly Finding[] {
  switch (chart) {
    case "falco":
      return must(values.at("metrics", "enabled"), isTrue, "must be true");
    case "tetragon":
      return must(values.at("tetragon", "prometheus", "enabled"), unsetOr(true), "must not be off");
    case "cilium":
      return [
        ...must(values.at("hubble", "enabled"), unsetOr(true), "must not be off"),
        ...must(values.at("hubble", "metrics", "enabled"), namesAll, `must name ${hubble.join(", ")}`),
      ];
    default:
      return [];
  }
}

export const rule: Rule = {
  id: "M07",
  name: "sensors-on",
  severity: "medium",
  what: "Falco and Tetragon export metrics, and Hubble those of drops, DNS, HTTP and flows to the world.",
  why: "The gates of a rollout read them: a sensor that is off looks like a cluster without trouble.",
  remediation:
    "Set metrics.enabled (falco), tetragon.prometheus.enabled (tetragon), hubble.metrics.enabled (cilium).",
  url: "https://docs.cilium.io/en/stable/observability/metrics/",
  frameworks: { cis: ["3.2.2"], owasp: ["K10"], attack: ["T1562.001"] },
  level: "mandatory",
  resource: forCharts(judge),
};
