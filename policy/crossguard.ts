import {
  type Policies,
  type PolicyResource,
  type PolicyResourceOptions,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  Secret,
  type StackValidationPolicy,
} from "@pulumi/policy";
import type { RuleContext } from "./context";
import { type ResourceFacts, type ResourceOptions, parentTypesOf } from "./facts";
import { Field } from "./field";
import { NotJudged } from "./not-judged";
import { readValue } from "./read-value";
import type { Finding, Level, Rule } from "./rule";
import { withoutWaived } from "./waivers";

/** Finds things out about a stack without a context; asked once, when the first resource comes. */
export type ContextSource = () => RuleContext;

/** Wraps rules as CrossGuard policies: a resource policy, a stack policy or both for each rule, levels by stage. */
export function crossGuardPolicies(rules: readonly Rule[], context: RuleContext): Policies {
  const unknowns = new NotJudged();
  return [
    ...rules.flatMap((rule) => wrap(rule, context, unknowns)),
    {
      name: "not-judged",
      description:
        "Some rules meet values that this preview cannot know; the update judges them before it touches the resource.",
      enforcementLevel: "advisory",
      validateStack: (_, report) => {
        const lines = unknowns.lines();
        if (lines.length > 0) report(`not judged yet:\n${lines.join("\n")}`);
      },
    },
  ];
}

function wrap(rule: Rule, context: RuleContext, unknowns: NotJudged): Policies {
  const level: Level = context.policy.levels[rule.id] ?? rule.level;
  const shown = {
    description: rule.what,
    severity: rule.severity,
    remediationSteps: rule.remediation,
    url: rule.url,
    tags: tagsOf(rule),
  };
  const policies: (ResourceValidationPolicy | StackValidationPolicy)[] = [];
  if (rule.resource !== undefined || rule.remedy !== undefined) {
    const policy: ResourceValidationPolicy = {
      ...shown,
      name: `${rule.id}-${rule.name}`,
      enforcementLevel: level,
    };
    const { resource: check, remedy } = rule;
    if (check !== undefined) {
      policy.validateResource = async (args, report) => {
        const facts = await resourceFacts(args);
        const findings = withoutWaived(rule.id, facts, check(facts, context), context);
        for (const finding of findings) {
          if (finding.notJudged) unknowns.add(rule.id, facts.name, finding.path);
          else report(sentence(rule, finding));
        }
      };
    }
    if (remedy !== undefined) policy.remediateResource = (args) => applyRemedy(args, remedy, context);
    policies.push(policy);
  }
  const { stack } = rule;
  if (stack !== undefined) {
    policies.push({
      ...shown,
      name: `${rule.id}-${rule.name}-stack`,
      enforcementLevel: level === "remediate" ? "mandatory" : level,
      validateStack: async (args, report) => {
        const resources = await Promise.all(args.resources.map(stackResourceFacts));
        for (const finding of stackFindings(rule.id, stack(resources, context), resources, context)) {
          if (finding.notJudged)
            unknowns.add(rule.id, finding.urn?.split("::").at(-1) ?? "the stack", finding.path);
          else report(sentence(rule, finding), finding.urn);
        }
      },
    });
  }
  return policies;
}

/** Applies waivers to findings of a stack rule, each by the resource it names. */
function stackFindings(
  id: string,
  findings: readonly Finding[],
  resources: readonly ResourceFacts[],
  context: RuleContext,
): readonly Finding[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return findings.flatMap((finding) => {
    const resource = finding.urn === undefined ? undefined : byUrn.get(finding.urn);
    return resource === undefined ? [finding] : withoutWaived(id, resource, [finding], context);
  });
}

/** `H01: .connection.hostKey must be …`, then how to repair it. */
export function sentence(rule: Rule, finding: Finding): string {
  const place = finding.path === "" ? "it" : finding.path;
  return `${rule.id}: ${place} ${finding.message}. ${rule.remediation}`;
}

export function tagsOf(rule: Rule): string[] {
  const { pss, cis = [], owasp = [], attack = [] } = rule.frameworks;
  return [
    ...(pss === undefined ? [] : [`PSS ${pss}`]),
    ...cis.map((number) => `CIS ${number}`),
    ...owasp.map((risk) => `OWASP ${risk}:2025`),
    ...attack.map((technique) => `ATT&CK ${technique}`),
  ];
}

async function resourceFacts(args: ResourceValidationArgs): Promise<ResourceFacts> {
  return {
    type: args.type,
    name: args.name,
    urn: args.urn,
    parentTypes: parentTypesOf(args.urn),
    props: new Field(await readValue(args.props)),
    options: optionsOf(args.opts),
    ...(args.provider === undefined ? {} : { provider: await providerFacts(args.provider) }),
  };
}

async function stackResourceFacts(resource: PolicyResource): Promise<ResourceFacts> {
  const { type, name, urn } = resource;
  return {
    type,
    name,
    urn,
    parentTypes: parentTypesOf(urn),
    props: new Field(await readValue(resource.props)),
    options: optionsOf(resource.opts),
    dependencies: resource.dependencies.map((dependency) => dependency.urn),
    ...(resource.provider === undefined ? {} : { provider: await providerFacts(resource.provider) }),
  };
}

async function providerFacts(provider: NonNullable<ResourceValidationArgs["provider"]>) {
  return { type: provider.type, name: provider.name, props: new Field(await readValue(provider.props)) };
}

function optionsOf(options: PolicyResourceOptions): ResourceOptions {
  return {
    protect: options.protect,
    ignoreChanges: options.ignoreChanges,
    additionalSecretOutputs: options.additionalSecretOutputs,
    aliases: options.aliases,
    ...(options.deleteBeforeReplace === undefined
      ? {}
      : { deleteBeforeReplace: options.deleteBeforeReplace }),
  };
}

/** Changes the inputs in place: a copy would lose the secretness of everything else. */
async function applyRemedy(
  args: ResourceValidationArgs,
  remedy: NonNullable<Rule["remedy"]>,
  context: RuleContext,
): Promise<Record<string, unknown> | undefined> {
  const props: Record<string, unknown> = args.props;
  let changed = false;
  for (const change of remedy(await resourceFacts(args), context)) {
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
