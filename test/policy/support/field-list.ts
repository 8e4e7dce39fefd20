import { STAGES } from "@ebpf-platform/lib/config/types";
import { rules } from "../../../policy/rules/all";
import { fieldVerdicts, type FieldVerdicts } from "./field-breaks";
import { contextOf, goodStack } from "./good-stack";
import { stageProgram } from "./stage-programs";

const head = `# Which rule reports which field when it is broken: every field of the program of each stage, and of test/policy/good.yaml
# for what the program does not build yet. "none": no rule judges the field. Written by
# \`npx tsx test/policy/support/write-field-list.ts\`; test/policy/fields.test.ts compares.
`;

/** The list of all fields with their rules; programs that differ stand apart. */
export function fieldList(): string {
  const programs: (readonly [string, FieldVerdicts])[] = STAGES.map((stage) => {
    const { resources, context } = stageProgram(stage);
    return [stage, fieldVerdicts(resources, rules, context)];
  });
  programs.push(["samples", fieldVerdicts(goodStack().resources, rules, contextOf({}))]);
  const fields = [...new Set(programs.flatMap(([, verdicts]) => [...verdicts.keys()]))].sort();
  const lines = fields.map((field) => {
    const byVerdict = new Map<string, string[]>();
    for (const [program, verdicts] of programs) {
      const ids = verdicts.get(field);
      if (ids === undefined) continue;
      const verdict = ids.length === 0 ? "none" : ids.join(" ");
      byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), program]);
    }
    const shown =
      byVerdict.size === 1
        ? [...byVerdict.keys()]
        : [...byVerdict].map(([verdict, where]) => `${where.join(" ")}: ${verdict}`);
    return `${field} = ${shown.join("; ")}`;
  });
  return `${head}${lines.join("\n")}\n`;
}
