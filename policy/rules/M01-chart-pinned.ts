import { word } from "../field";
import { forCharts } from "../helm";
import { type Rule, must, whenKnown } from "../rule";

export const rule: Rule = {
  id: "M01",
  name: "chart-pinned",
  severity: "high",
  what: "A chart has an exact version, and chart and version are in the release lock with the chart's digest.",
  why: "A range or no version takes the newest of the day, and promotion would carry something else than what was tested.",
  remediation:
    "Take chart and version from the release lock; `platform release create` writes the digest there.",
  url: "https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/",
  frameworks: { owasp: ["K07"], attack: ["T1195.002"] },
  note: "A Release has no field for the digest of a chart: it is compared where the .tgz is fetched.",
  level: "mandatory",
  resource: forCharts(({ chart, props }, { release }) => {
    const version = props.at("version");
    return whenKnown([props.at("chart")], () => {
      // A .tgz is pinned by its bytes; its version is in its name.
      if (props.at("chart").text?.endsWith(".tgz") === true && version.absent) return [];
      return must(
        version,
        (value) =>
          /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(word(value)) &&
          (release.charts?.some((pinned) => pinned.name === chart && pinned.version === value) ?? true),
        "must be the exact version of the release lock",
      );
    });
  }),
};
