import { forCharts } from "../helm";
import { unsetOr } from "../pods";
import { type Rule, must, violation, whenKnown } from "../rule";

export const rule: Rule = {
  id: "M03",
  name: "release-source",
  severity: "medium",
  what: "A chart comes over https or oci from a listed repository; a release reuses no old values, has a time limit, and is undone when it fails unless it does not wait.",
  why: "Reused values hide what is deployed; without a limit a stuck hook blocks the update; a half-made release blocks every later one.",
  remediation:
    "Set repositoryOpts.repo (or an oci:// chart) from policy/config/registries.ts, timeout, and atomic or skipAwait; remove reuseValues.",
  url: "https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/",
  frameworks: { owasp: ["K07"], attack: ["T1195.002"] },
  level: "mandatory",
  resource: forCharts(({ props, isRelease }, { policy }) => {
    const repo = props.at("repositoryOpts", "repo");
    const chart = props.at("chart");
    const source = whenKnown([chart, repo], () => {
      const text = chart.text ?? "";
      if (text.endsWith(".tgz") && !text.includes("://")) return [];
      const from = /^[a-z]+:\/\//.test(text) ? text : (repo.text ?? "");
      const field = from === text ? chart : repo;
      const listed = policy.allow.chartRepositories.some(
        (entry) => from === entry || from.startsWith(`${entry}/`),
      );
      return /^(https|oci):\/\//.test(from) && listed
        ? []
        : [violation(field, "is no https or oci source of the list")];
    });
    if (!isRelease) return source;
    return [
      ...source,
      ...must(props.at("reuseValues"), unsetOr(false), "must not be true"),
      ...must(
        props.at("timeout"),
        (value) => typeof value === "number" && value > 0 && value <= 3600,
        "must be 1 to 3600 seconds",
      ),
      // The provider keeps no field that is false, so that "not atomic" looks like a field left out.
      ...must(
        props.at("atomic"),
        (value) => value === true || props.at("skipAwait").value === true,
        "must be true, unless skipAwait is",
      ),
    ];
  }),
};
