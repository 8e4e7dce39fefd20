import { forCharts } from "../helm";
import { forKinds } from "../kube-object";
import { unsetOr } from "../pods";
import { type Rule, each, must } from "../rule";

const star = (value: unknown): boolean => value === "*" || value === "**";
const noInsecureFlag = (list: unknown): boolean =>
  !Array.isArray(list) ||
  !list.some((item) => item === "--insecure" || item === "--insecure=true" || item === "--disable-auth");

export const rule: Rule = {
  id: "M06",
  name: "argocd-closed",
  severity: "high",
  what: "Argo CD serves TLS, has no default admin in prod, and its projects name their sources and destinations.",
  why: "Argo CD may change everything in the cluster: its login and its limits are those of the cluster.",
  remediation:
    'Remove --insecure and server.insecure; set configs.cm."admin.enabled" to false in prod; list repositories and namespaces in the AppProject.',
  url: "https://argo-cd.readthedocs.io/en/stable/operator-manual/security/",
  frameworks: { owasp: ["K02", "K06", "K09"], attack: ["T1078.001", "T1072"] },
  level: "mandatory",
  resource: (resource, context) => [
    ...forCharts(({ chart, values }, { policy }) => {
      if (chart !== "argo-cd") return [];
      const admin = values.at("configs", "cm", "admin.enabled");
      return [
        ...must(
          values.at("configs", "params", "server.insecure"),
          unsetOr(false, "false"),
          "must not be true",
        ),
        ...must(values.at("server", "extraArgs"), noInsecureFlag, "must not switch TLS or login off"),
        ...(policy.stage === "prod"
          ? must(admin, (value) => value === false || value === "false", "must be false in prod")
          : []),
      ];
    })(resource, context),
    ...forKinds(["AppProject"], ({ spec }) => [
      ...each(spec.at("sourceRepos"), (repo) =>
        must(repo, (value) => !star(value), "must name repositories"),
      ),
      ...each(spec.at("destinations"), (to) => [
        ...must(to.at("namespace"), (value) => !star(value), "must name namespaces"),
        ...must(to.at("server"), (value) => !star(value), "must name a cluster"),
      ]),
      ...each(spec.at("clusterResourceWhitelist"), (item) =>
        must(item, () => !(star(item.at("group").value) && star(item.at("kind").value)), "must name kinds"),
      ),
    ])(resource, context),
  ],
};
