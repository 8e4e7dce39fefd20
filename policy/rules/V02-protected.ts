import { isDataHolder, type ResourceFacts } from "../facts";
import { Field } from "../field";
import { type Rule, must, violation } from "../rule";

const volumes = /:(PersistentVolumeClaim|PersistentVolume)$/;

function keepsData(resource: ResourceFacts): boolean {
  return volumes.test(resource.type);
}

export const rule: Rule = {
  id: "V02",
  name: "protected",
  severity: "high",
  what: "In prod machines, disks, tokens, volumes and the ledger are protected; volumes are retained on delete.",
  why: "One wrong line in the program otherwise deletes the data and the only key to its backups.",
  remediation: "Set protect: true (and retainOnDelete: true on volumes); lift it on purpose when it must go.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
  frameworks: { attack: ["T1485", "T1490"] },
  note: "CrossGuard hides retainOnDelete: that part runs over recorded resource options in the tests.",
  level: "mandatory",
  resource: (resource, { policy }) =>
    policy.stage === "prod" && isDataHolder(resource)
      ? must(
          new Field(resource.options.protect, ".options.protect"),
          (value) => value === true,
          "must be true in prod",
        )
      : [],
  recorded: (resource, { policy }) =>
    policy.stage === "prod" && keepsData(resource) && resource.hidden?.retainOnDelete !== true
      ? [violation(new Field(undefined, ".options.retainOnDelete"), "must be true in prod")]
      : [],
};
