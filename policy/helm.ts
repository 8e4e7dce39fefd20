import type { RuleContext } from "./context";
import type { ResourceFacts } from "./facts";
import type { Field } from "./field";
import type { Finding, ResourceCheck } from "./rule";

/** A Helm chart as a resource: a Release, or a Chart of the fourth kind. */
export interface HelmChart {
  /** Name of the chart without repository and version, for instance `cilium`. */
  readonly chart: string;
  readonly values: Field;
  readonly props: Field;
  readonly isRelease: boolean;
}

export function helmChart(resource: ResourceFacts): HelmChart | undefined {
  const isRelease = resource.type === "kubernetes:helm.sh/v3:Release";
  if (!isRelease && resource.type !== "kubernetes:helm.sh/v4:Chart") return undefined;
  const { props } = resource;
  return { chart: chartName(props.at("chart").text ?? ""), values: props.at("values"), props, isRelease };
}

/** The last part of a URL or path, without `-1.2.3.tgz`. */
function chartName(reference: string): string {
  const last = reference.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return last.replace(/-v?\d+\.\d+\.\d+[^/]*\.tgz$/, "");
}

/** A resource rule that looks at Helm charts. */
export function forCharts(
  check: (chart: HelmChart, context: RuleContext, resource: ResourceFacts) => readonly Finding[],
): ResourceCheck {
  return (resource, context) => {
    const chart = helmChart(resource);
    return chart === undefined ? [] : check(chart, context, resource);
  };
}
