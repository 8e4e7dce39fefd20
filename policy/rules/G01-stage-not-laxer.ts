import { stageRules, stageViolations } from "@ebpf-platform/lib/stage";
import { isBpfProgram } from "../bpf-programs";
import type { RuleContext } from "../context";
import { isStack } from "../facts";
import { Field } from "../field";
import { unsetOr } from "../pods";
import { type Finding, type Rule, must, violation } from "../rule";

/** The config as a whole, judged before anything else of the stack. */
function judgeConfig({ platform, configProblem }: RuleContext): readonly Finding[] {
  const config = new Field(undefined, ".config");
  if (platform === undefined)
    return [violation(config, `cannot be judged: ${configProblem ?? "it is missing"}`)];
  return stageViolations(platform).map((sentence) => violation(config, sentence.replace(/\.$/, "")));
}

export const rule: Rule = {
  id: "G01",
  name: "stage-not-laxer",
  severity: "critical",
  what: "The stack is at least as strict as its stage: mode of the BPF programs, release, XDP mode and every part of the platform.",
  why: "A stage that only counts what it would deny proves nothing for the next one and protects nobody.",
  remediation:
    "Raise the setting to what the stage asks for, or run the stack with the stage it is meant for.",
  url: "https://www.pulumi.com/docs/iac/concepts/stacks/",
  frameworks: { owasp: ["K04"] },
  level: "mandatory",
  resource: (resource, context) => {
    if (isStack(resource)) return judgeConfig(context);
    if (!isBpfProgram(resource)) return [];
    const { stage } = context.policy;
    const strict = stageRules[stage].bpfMode === "enforce";
    // A program without a mode of its own follows bpf.mode of the config, which is judged above.
    return must(
      resource.props.at("mode"),
      strict ? unsetOr("enforce") : unsetOr("audit", "enforce"),
      strict ? `must be "enforce" in stage ${stage}` : 'must be "audit" or "enforce"',
    );
  },
};
