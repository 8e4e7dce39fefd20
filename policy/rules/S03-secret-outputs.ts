import { isCommand, scriptsOf } from "../commands";
import { Field } from "../field";
import { type Rule, must, whenKnown } from "../rule";

const yields = /token|kubeconfig|password|passphrase|secret|private[-_ ]?key|credential/i;

export const rule: Rule = {
  id: "S03",
  name: "secret-outputs",
  severity: "high",
  what: "A command whose name or text speaks of tokens, keys or a kubeconfig has stdout and stderr as additionalSecretOutputs.",
  why: "The provider never marks outputs as secret, even when every input is: a fetched token would stand in the state and in diffs.",
  remediation:
    'Use NodeCommand, whose outputs are secret, or set additionalSecretOutputs: ["stdout", "stderr"].',
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/additionalsecretoutputs/",
  frameworks: { owasp: ["K03"], attack: ["T1552"] },
  level: "mandatory",
  resource: (resource) => {
    if (!isCommand(resource)) return [];
    const scripts = scriptsOf(resource);
    const option = new Field(resource.options.additionalSecretOutputs, ".options.additionalSecretOutputs");
    const check = () =>
      yields.test(resource.name) || scripts.some((script) => yields.test(script.text ?? ""))
        ? must(
            option,
            (list) => Array.isArray(list) && list.includes("stdout") && list.includes("stderr"),
            "must name stdout and stderr",
          )
        : [];
    return yields.test(resource.name) ? check() : whenKnown(scripts, check);
  },
};
