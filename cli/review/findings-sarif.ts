import { defaultOptions } from "@ebpf-platform/policy/facts";
import { Field } from "@ebpf-platform/policy/field";
import type { Judgement } from "@ebpf-platform/policy/judge";
import type { ManifestFacts } from "@ebpf-platform/policy/manifests";
import { sarif } from "@ebpf-platform/policy/report/sarif";
import type { Rule } from "@ebpf-platform/policy/rule";
import type { StackPreview } from "./stack-preview";

/** Findings of previews as SARIF; each stands in the file of its stack, as the engine tells no other place. */
export function findingsSarif(
  previews: readonly StackPreview[],
  rules: readonly Rule[],
  version: string,
): object {
  const judgements = previews.flatMap(({ stack, findings }) =>
    findings.flatMap(({ policy, resource, mandatory, message }): Judgement[] => {
      const rule = rules.find(({ id }) => policy.startsWith(`${id}-`));
      if (rule === undefined) return [];
      const [, path = "", what = message] =
        /^[A-Z]\d\d: (\S+) (.*?)\.? *$/s.exec(withoutRemedy(message, rule)) ?? [];
      const finding = { path: path === "it" ? "" : path, message: what, urn: `${stack}::${resource}` };
      return [
        { rule, level: mandatory ? "mandatory" : "advisory", finding, resource: placeOf(stack, resource) },
      ];
    }),
  );
  return sarif(judgements, rules, version);
}

const withoutRemedy = (message: string, { id, remediation }: Rule): string =>
  message.slice(Math.max(0, message.indexOf(`${id}: `))).replace(remediation, "");

function placeOf(stack: string, name: string): ManifestFacts {
  return {
    ...{ type: "", name, urn: `${stack}::${name}`, parentTypes: [], options: defaultOptions },
    ...{ props: new Field(undefined), file: `Pulumi.${stack}.yaml`, line: 1 },
  };
}
