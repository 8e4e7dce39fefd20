import type { Field } from "../field";
import { type Value, word } from "../field";
import { k3sNode } from "../k3s";
import { unset } from "../pods";
import { type Finding, type Rule, must, violation, whenKnown } from "../rule";

const secureToken = (value: Value | undefined): boolean => /^K10[0-9a-f]{64}::\S+$/.test(word(value).trim());
/** The secret part, so that the secure and the short form of one token compare as equal. */
const secretPart = (field: Field): string =>
  (field.text ?? "").trim().replace(/^K10[0-9a-f]+::([^:]+:)?/, "");

/** The file that a config key names: it must be there, with mode 0600. */
function fileOf(config: Field, files: Field, key: string): Field {
  return files.at(config.at(key).text ?? "");
}

function judgeFile(config: Field, files: Field, key: string): readonly Finding[] {
  return whenKnown([config.at(key)], () => [
    ...must(config.at(key), (path) => typeof path === "string" && path.startsWith("/"), "must name a file"),
    ...must(fileOf(config, files, key).at("mode"), (mode) => mode === "0600", "must be 0600"),
    ...must(
      fileOf(config, files, key).at("content"),
      (text) => word(text).trim() !== "",
      "must hold the token",
    ),
  ]);
}

export const rule: Rule = {
  id: "C03",
  name: "secure-join",
  severity: "critical",
  what: "Agents join with the secure token form, from a file of mode 0600; the agent token is not the server token.",
  why: "A short token makes the agent trust any CA it is shown; on the command line everyone on the node reads it; one token for both lets an agent become a server.",
  remediation:
    "Write K10<sha256 of the CA>::<token> to a 0600 file and name it in token-file; give servers an agent-token-file of its own.",
  url: "https://docs.k3s.io/cli/token",
  frameworks: { owasp: ["K09"], attack: ["T1552", "T1557"] },
  note: "Judges the inputs config and files of the components ebpf-platform:cluster:K3sServer and K3sAgent. The first server can only take the password form.",
  level: "mandatory",
  resource: (resource) => {
    const node = k3sNode(resource);
    if (node === undefined) return [];
    const { config, files, role } = node;
    const inline = ["token", "agent-token"].flatMap((key) =>
      must(config.at(key), unset, "must be a file instead"),
    );
    const token = fileOf(config, files, "token-file").at("content");
    if (role === "agent" || !config.at("server").absent) {
      inline.push(...must(token, secureToken, "must have the form K10<ca-sha256>::<token>"));
    }
    if (role === "agent") {
      inline.push(
        ...must(config.at("server"), (url) => word(url).startsWith("https://"), "must be an https address"),
      );
    }
    if (role === "agent") return [...inline, ...judgeFile(config, files, "token-file")];
    const agentToken = fileOf(config, files, "agent-token-file").at("content");
    return [
      ...inline,
      ...judgeFile(config, files, "token-file"),
      ...judgeFile(config, files, "agent-token-file"),
      ...whenKnown([token, agentToken], () =>
        secretPart(token) === secretPart(agentToken)
          ? [violation(agentToken, "must differ from the server token")]
          : [],
      ),
    ];
  },
};
