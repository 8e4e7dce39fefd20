import { isRemote } from "../commands";
import { type Rule, violation } from "../rule";

const owner = "ebpf-platform:node:NodeCommand";

export const rule: Rule = {
  id: "H07",
  name: "commands-only-by-node-command",
  severity: "high",
  what: "remote.Command and CopyToRemote stand only inside a NodeCommand.",
  why: "NodeCommand is where time limits, locks, quoting, pinned keys and secret handling are. A command beside it has none of them and may run twice at once.",
  remediation: "Put the shell text into a file under the component's scripts/ and run it with NodeCommand.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/",
  frameworks: { attack: ["T1021.004"] },
  level: "mandatory",
  resource: (resource) =>
    isRemote(resource) && resource.parentTypes.at(-1) !== owner
      ? [violation(resource.props.at(), `stands outside of ${owner}`)]
      : [],
};
