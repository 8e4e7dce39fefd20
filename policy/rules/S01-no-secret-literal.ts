import { isCommand } from "../commands";
import type { ResourceFacts } from "../facts";
import type { Field } from "../field";
import { type Finding, type Rule, notJudged, violation } from "../rule";
import { knownSecret, secretLooking } from "../secret-patterns";
import { stepTexts } from "../step-input";

/** What is printed, logged or stored in clear: the texts of a command and the content of a ConfigMap. */
function shownFields(resource: ResourceFacts): readonly Field[] {
  if (isCommand(resource))
    return ["create", "update", "delete", "environment"].map((key) => resource.props.at(key));
  if (resource.type === "kubernetes:core/v1:ConfigMap") return [resource.props.at("data")];
  return [];
}

function judge(leaf: Field): readonly Finding[] {
  if (!leaf.known) return [notJudged(leaf)];
  const found = leaf.text === undefined ? undefined : secretLooking(leaf.text);
  return found === undefined ? [] : [violation(leaf, `holds what looks like ${found}`)];
}

/** Scripts and arguments go in as hashes and encoded files too: only what has the form of a known secret counts. */
function judgeStep(text: Field): readonly Finding[] {
  const found = knownSecret(text.text ?? "");
  return found === undefined ? [] : [violation(text, `holds what looks like ${found}`)];
}

export const rule: Rule = {
  id: "S01",
  name: "no-secret-literal",
  severity: "critical",
  what: "No create, update, delete or environment of a command and no ConfigMap holds anything that looks like a secret.",
  why: "A failing command prints its whole text, and a process list shows it while it runs; a ConfigMap is readable by every reader of the namespace.",
  remediation:
    "Send the value on standard input (NodeCommand's `secrets`), or reference a Secret; mark false alarms with a waiver.",
  url: "https://www.pulumi.com/docs/iac/concepts/secrets/",
  frameworks: { owasp: ["K03"], cis: ["5.4.1"], attack: ["T1552.001", "T1552.007"] },
  level: "mandatory",
  resource: (resource) => [
    ...shownFields(resource).flatMap((field) => field.leaves.flatMap(judge)),
    ...(isCommand(resource) ? stepTexts(resource.props.at("stdin")).flatMap(judgeStep) : []),
  ],
};
