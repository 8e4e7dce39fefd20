import { forCharts } from "../helm";
import { isTrue, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "M05",
  name: "vault-production",
  severity: "critical",
  what: "From staging on, Vault is not in dev mode, speaks TLS, stores in Raft or on disk, has a volume for its audit log and does not run as root.",
  why: "Dev mode keeps everything in memory behind the token `root`; without TLS every lease crosses the network in clear.",
  remediation:
    "Set server.ha.raft.enabled, global.tlsDisable: false and server.auditStorage.enabled; remove server.dev.",
  url: "https://developer.hashicorp.com/vault/docs/platform/k8s/helm/run",
  frameworks: { owasp: ["K03", "K07"], attack: ["T1552", "T1040"] },
  note: "Whether an audit device is enabled inside Vault is checked on the living stack.",
  level: "mandatory",
  resource: forCharts(({ chart, values }, { policy }) => {
    if (chart !== "vault" || policy.stage === "lab" || policy.stage === "dev") return [];
    const server = values.at("server");
    const raft =
      server.at("ha", "raft", "enabled").value === true && server.at("ha", "enabled").value === true;
    return [
      ...must(server.at("dev", "enabled"), unsetOr(false), "must not be true"),
      ...must(values.at("global", "tlsDisable"), (value) => value === false, "must be false"),
      ...must(
        server.at("ha"),
        () => raft || server.at("standalone", "enabled").value === true,
        "must be Raft, or standalone with a volume",
      ),
      ...must(server.at("dataStorage", "enabled"), unsetOr(true), "must not be off"),
      ...must(server.at("auditStorage", "enabled"), isTrue, "must be true"),
      ...must(
        server.at("statefulSet", "securityContext", "pod", "runAsNonRoot"),
        unsetOr(true),
        "must not be false",
      ),
      ...must(server.at("uid"), (uid) => uid !== 0, "must not be 0"),
    ];
  }),
};
