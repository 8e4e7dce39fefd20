import type { RuleContext } from "./context";
import type { ResourceFacts } from "./facts";
import type { Finding, Level, Rule } from "./rule";
import { withoutWaived } from "./waivers";

/** A finding with its rule, its resource and what it means in this stage. */
export interface Judgement {
  readonly rule: Rule;
  readonly level: Level;
  readonly finding: Finding;
  readonly resource?: ResourceFacts;
}

export function levelOf(rule: Rule, { policy }: RuleContext): Level {
  return policy.levels[rule.id] ?? rule.level;
}

/** What a rule finds on one resource, without what is waived. */
export function judgeResource(rule: Rule, resource: ResourceFacts, context: RuleContext): readonly Finding[] {
  return withoutWaived(rule.id, resource, rule.resource?.(resource, context) ?? [], context);
}

/** What a rule finds on the stack as a whole, without what is waived for the resource it names. */
export function judgeStack(
  rule: Rule,
  resources: readonly ResourceFacts[],
  context: RuleContext,
): readonly Finding[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return (rule.stack?.(resources, context) ?? []).flatMap((finding) => {
    const resource = finding.urn === undefined ? undefined : byUrn.get(finding.urn);
    return resource === undefined ? [finding] : withoutWaived(rule.id, resource, [finding], context);
  });
}

/** Every rule over every resource, then over all of them together; recorded options too, where there are any. */
export function judgeAll(
  rules: readonly Rule[],
  resources: readonly ResourceFacts[],
  context: RuleContext,
): readonly Judgement[] {
  return rules.flatMap((rule): readonly Judgement[] => {
    const level = levelOf(rule, context);
    if (level === "disabled") return [];
    const single = resources.flatMap((resource) => {
      const hidden = resource.hidden === undefined ? [] : (rule.recorded?.(resource, context) ?? []);
      return [
        ...judgeResource(rule, resource, context),
        ...withoutWaived(rule.id, resource, hidden, context),
      ].map((finding) => ({ rule, level, finding, resource }));
    });
    const whole = judgeStack(rule, resources, context).map((finding) => {
      const resource = resources.find(({ urn }) => urn === finding.urn);
      return { rule, level, finding, ...(resource === undefined ? {} : { resource }) };
    });
    return [...single, ...whole];
  });
}

/** `H01: .connection.hostKey must be …`, then how to repair it. */
export function sentence(rule: Rule, finding: Finding): string {
  const place = finding.path === "" ? "it" : finding.path;
  return `${rule.id}: ${place} ${finding.message}. ${rule.remediation}`;
}

/** The frameworks of a rule as short labels. */
export function frameworkLabels(rule: Rule): string[] {
  const { pss, cis = [], owasp = [], attack = [] } = rule.frameworks;
  return [
    ...(pss === undefined ? [] : [`PSS ${pss}`]),
    ...cis.map((number) => `CIS ${number}`),
    ...owasp.map((risk) => `OWASP ${risk}:2025`),
    ...attack.map((technique) => `ATT&CK ${technique}`),
  ];
}
