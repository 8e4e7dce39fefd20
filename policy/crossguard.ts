import {
  type Policies,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  Secret,
  type StackValidationPolicy,
} from "@pulumi/policy";
import type { RuleContext } from "./context";
import { readFacts, resourceFacts, stackResourceFacts } from "./engine-facts";
import { frameworkLabels, judgeResource, judgeStack, levelOf, sentence } from "./judge";
import { NotJudged } from "./not-judged";
import type { Remedy, Rule, StackCheck } from "./rule";

/** Wraps rules as CrossGuard policies: a resource policy, a stack policy or both for each rule, levels by stage. */
export function crossGuardPolicies(rules: readonly Rule[], context: RuleContext): Policies {
  const unknowns = new NotJudged();
  const policies: Policies = [];
  for (const rule of rules) {
    if (rule.resource !== undefined || rule.remedy !== undefined) {
      policies.push(resourcePolicy(rule, context, unknowns));
    }
    if (rule.stack !== undefined) policies.push(stackPolicy(rule, rule.stack, context, unknowns));
  }
  policies.push({
    name: "not-judged",
    description:
      "Some rules meet values that this preview cannot know; the update judges them before it touches the resource.",
    enforcementLevel: "advisory",
    validateStack: (_, report) => {
      const lines = unknowns.lines();
      if (lines.length > 0) report(`not judged yet:\n${lines.join("\n")}`);
    },
  });
  return policies;
}

function shown(rule: Rule) {
  return {
    description: rule.what,
    severity: rule.severity,
    remediationSteps: rule.remediation,
    url: rule.url,
    tags: frameworkLabels(rule),
  };
}

function resourcePolicy(rule: Rule, context: RuleContext, unknowns: NotJudged): ResourceValidationPolicy {
  const { remedy } = rule;
  const policy: ResourceValidationPolicy = {
    ...shown(rule),
    name: `${rule.id}-${rule.name}`,
    enforcementLevel: levelOf(rule, context),
  };
  if (rule.resource !== undefined) {
    policy.validateResource = async (args, report) => {
      const facts = await resourceFacts(args);
      for (const finding of judgeResource(rule, facts, context)) {
        if (finding.notJudged) unknowns.add(rule.id, facts.name, finding.path);
        else report(sentence(rule, finding));
      }
    };
  }
  if (remedy !== undefined) policy.remediateResource = (args) => applyRemedy(args, remedy, context);
  return policy;
}

function stackPolicy(
  rule: Rule,
  check: StackCheck,
  context: RuleContext,
  unknowns: NotJudged,
): StackValidationPolicy {
  const level = levelOf(rule, context);
  return {
    ...shown(rule),
    name: `${rule.id}-${rule.name}-stack`,
    enforcementLevel: level === "remediate" ? "mandatory" : level,
    validateStack: async (args, report) => {
      const resources = await Promise.all(args.resources.map(stackResourceFacts));
      for (const finding of judgeStack({ ...rule, stack: check }, resources, context)) {
        const name = finding.urn?.split("::").at(-1) ?? "the stack";
        if (finding.notJudged) unknowns.add(rule.id, name, finding.path);
        else report(sentence(rule, finding), finding.urn);
      }
    },
  };
}

/** Changes the inputs in place: a copy would lose the secretness of everything else. */
async function applyRemedy(
  args: ResourceValidationArgs,
  remedy: Remedy,
  context: RuleContext,
): Promise<Record<string, unknown> | undefined> {
  const props: Record<string, unknown> = args.props;
  let changed = false;
  for (const change of remedy(await readFacts(args), context)) {
    // The descriptor shows the stored value itself; plain access would unwrap a secret.
    const stored: unknown = Object.getOwnPropertyDescriptor(props, change.key)?.value;
    if ("secret" in change) {
      if (stored instanceof Secret) continue;
      props[change.key] = new Secret(stored);
    } else if (stored === undefined) {
      props[change.key] = change.value;
    } else continue;
    changed = true;
  }
  return changed ? props : undefined;
}
