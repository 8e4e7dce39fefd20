import { isStack } from "../facts";
import { Field } from "../field";
import { type Rule, violation } from "../rule";

export const rule: Rule = {
  id: "P01",
  name: "release-lock",
  severity: "critical",
  what: "The release the config names is in releases/, has the identity the config names, holds no open digest, and was verified in the stage before.",
  why: "A promotion carries bytes that were tested, or it is a new release under an old name.",
  remediation: "Promote with `platform rollout run`; make a new release with `platform release create`.",
  url: "https://slsa.dev/spec/v1.0/threats",
  frameworks: { owasp: ["K07"], attack: ["T1195.002"] },
  note: "That every version in use equals the lock is the matter of K19, C02, M01 and B02. Verdict and bar are judged as soon as the stage before has a ledger; `platform release promote` asks for one in any case, and judges the evidence again.",
  level: "mandatory",
  resource: (resource, { release }) =>
    isStack(resource) && release.problem !== undefined
      ? [violation(new Field(undefined, ".config.release"), release.problem)]
      : [],
};
