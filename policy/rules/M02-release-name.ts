import { forCharts } from "../helm";
import { type Rule, must } from "../rule";

const isSet = (value: unknown): boolean => typeof value === "string" && value !== "";

export const rule: Rule = {
  id: "M02",
  name: "release-name",
  severity: "high",
  what: "A release has a name and a namespace of its own, which is not default.",
  why: "Pulumi otherwise adds a random suffix, and a retry after a failure makes a second copy.",
  remediation: "Set name and namespace.",
  url: "https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/",
  frameworks: { cis: ["5.7.4"], owasp: ["K07"] },
  level: "mandatory",
  resource: forCharts(({ props, isRelease }) => [
    ...(isRelease ? must(props.at("name"), isSet, "must be set") : []),
    ...must(
      props.at("namespace"),
      (value) => isSet(value) && value !== "default",
      "must be set, and not default",
    ),
  ]),
};
