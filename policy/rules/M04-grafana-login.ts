import type { Field } from "../field";
import { forCharts } from "../helm";
import { unset } from "../pods";
import { type Finding, type Rule, must } from "../rule";

function judge(values: Field): readonly Finding[] {
  const anonymous = values.at("grafana.ini", "auth.anonymous");
  return [
    ...must(
      values.at("admin", "existingSecret"),
      (name) => typeof name === "string" && name !== "",
      "must name a Secret",
    ),
    ...must(values.at("adminPassword"), unset, "must not be in the values"),
    ...must(
      anonymous,
      () => anonymous.at("enabled").value !== true || anonymous.at("org_role").value === "Viewer",
      "must be off, or at most Viewer",
    ),
  ];
}

export const rule: Rule = {
  id: "M04",
  name: "grafana-login",
  severity: "critical",
  what: "Grafana takes its admin from an existing Secret and lets nobody in without a login but as a viewer.",
  why: "Old charts had one password for everyone; a new one is made at each render and stands in the release.",
  remediation: "Set admin.existingSecret; remove adminPassword; leave auth.anonymous off.",
  url: "https://github.com/grafana/helm-charts/tree/main/charts/grafana",
  frameworks: { owasp: ["K03", "K09"], attack: ["T1078.001"] },
  level: "mandatory",
  resource: forCharts(({ chart, values }) => {
    if (chart === "grafana") return judge(values);
    const bundled = chart === "kube-prometheus-stack" && values.at("grafana", "enabled").value !== false;
    return bundled ? judge(values.at("grafana")) : [];
  }),
};
