import { isStack } from "../facts";
import { type Finding, type Rule, violation } from "../rule";

export const rule: Rule = {
  id: "W01",
  name: "waivers-in-force",
  severity: "critical",
  what: "No waiver of the stage has expired.",
  why: "An accepted risk is accepted until a day; after it, somebody has to look again.",
  remediation:
    "Repair what the waiver covers and remove it, or renew it in policy/config/<stage>.ts with a new reason and date.",
  url: "https://www.pulumi.com/docs/insights/policy/",
  frameworks: { owasp: ["K04"] },
  level: "mandatory",
  resource: (resource, { policy, today }): readonly Finding[] => {
    if (!isStack(resource)) return [];
    const day = today.toISOString().slice(0, 10);
    return policy.waivers
      .filter((waiver) => waiver.expires < day)
      .map((waiver) =>
        violation(
          resource.props.at(),
          `the waiver of ${waiver.rule} for ${waiver.resource} in policy/config/${policy.stage}.ts expired on ${waiver.expires}`,
        ),
      );
  },
};
