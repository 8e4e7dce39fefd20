import { isCommand, isRemoteCommand, scriptsOf } from "../commands";
import { Field } from "../field";
import { type Finding, type Rule, must, whenKnown } from "../rule";

const yields = /token|kubeconfig|password|passphrase|secret|private[-_ ]?key|credential/i;

export const rule: Rule = {
  id: "S03",
  name: "secret-outputs",
  severity: "high",
  what: "A remote command has stdout and stderr as additionalSecretOutputs, a local one too if its name or text speaks of tokens, keys or a kubeconfig.",
  why: "The provider never marks outputs as secret, even when every input is: a fetched token would stand in the state and in diffs.",
  remediation:
    'Use NodeCommand, whose outputs are secret, or set additionalSecretOutputs: ["stdout", "stderr"].',
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/additionalsecretoutputs/",
  frameworks: { owasp: ["K03"], attack: ["T1552"] },
  level: "mandatory",
  resource: (resource) => {
    if (!isCommand(resource)) return [];
    const option = new Field(resource.options.additionalSecretOutputs, ".options.additionalSecretOutputs");
    const check = (): readonly Finding[] =>
      must(
        option,
        (list) => Array.isArray(list) && list.includes("stdout") && list.includes("stderr"),
        "must name stdout and stderr",
      );
    if (isRemoteCommand(resource) || yields.test(resource.name)) return check();
    const scripts = scriptsOf(resource);
    return whenKnown(scripts, () =>
      scripts.some((script) => yields.test(script.text ?? "")) ? check() : [],
    );
  },
};
