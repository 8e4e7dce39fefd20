import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { type Judgement, frameworkLabels, sentence } from "../judge";
import type { ManifestFacts } from "../manifests";
import type { Rule, Severity } from "../rule";

/** GitHub sorts security results by this number, 0 to 10. */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
};

/** Findings as SARIF 2.1.0 (OASIS), for code scanning of pull requests. What was not judged is a note. */
export function sarif(judgements: readonly Judgement[], rules: readonly Rule[], version: string): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "ebpf-platform-policy", semanticVersion: version, rules: rules.map(descriptor) },
        },
        results: judgements.map((judgement) => result(judgement, rules)),
      },
    ],
  };
}

function descriptor(rule: Rule): object {
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.what },
    fullDescription: { text: rule.why },
    help: { text: rule.remediation },
    helpUri: rule.url,
    properties: { "security-severity": securitySeverity[rule.severity], tags: frameworkLabels(rule) },
  };
}

function result(judgement: Judgement, rules: readonly Rule[]): object {
  const { rule, finding, resource } = judgement;
  const name = `${resource?.urn ?? finding.urn ?? "stack"}${finding.path}`;
  return {
    ruleId: rule.id,
    ruleIndex: rules.indexOf(rule),
    level: sarifLevel(judgement),
    message: { text: sentence(rule, finding) },
    locations: [
      { ...physical(resource), logicalLocations: [{ fullyQualifiedName: name, kind: "resource" }] },
    ],
    partialFingerprints: { "resourceAndField/v1": `${rule.id}:${name}` },
  };
}

function sarifLevel({ level, finding }: Judgement): "error" | "warning" | "note" {
  if (finding.notJudged) return "note";
  return level === "advisory" ? "warning" : "error";
}

function physical(resource: Judgement["resource"]): object {
  const { file, line } = (resource ?? {}) as Partial<ManifestFacts>;
  if (file === undefined) return {};
  const uri = isAbsolute(file) ? pathToFileURL(file).href : file.split(sep).map(encodeURIComponent).join("/");
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: line ?? 1 } } };
}
