import { nearest } from "../nearest";
import { stageRules } from "../stage";
import { present, type Draft, type Report } from "./draft";
import { Words } from "./problem";
import type { ConnectionConfig } from "./types";

/** The cluster and its machines, the release, and the secrets that are named. */
export function checkCluster(draft: Draft, report: Report): void {
  checkRoles(draft, report);
  checkRelease(draft, report);
  checkSecrets(draft, report);
}

function checkRoles(draft: Draft, report: Report): void {
  const kind = draft.cluster?.kind;
  const servers = draft.nodes.filter((node) => node?.role === "server").length;
  const agents = draft.nodes.filter((node) => node?.role === "agent").length;
  const broken = draft.nodes.includes(undefined);
  if (kind === "none" || kind === "existing") {
    for (const [index, { role }] of present(draft.nodes).filter(
      ([, node]) => node.role === "server" || node.role === "agent",
    )) {
      report(
        ["nodes", index, "role"],
        role,
        `cluster.kind is ${kind}, so no node is a Kubernetes node of ours; choose edge, backend or client, or another cluster.kind`,
      );
    }
  }
  if (kind === "k3s" && !broken && servers % 2 === 0) {
    report(
      ["nodes"],
      new Words(`${String(servers)} servers`),
      "cluster.kind k3s needs an odd number of servers: etcd keeps its quorum by majority",
    );
  }
  if (kind === "join") {
    for (const [index, { role }] of present(draft.nodes).filter(([, node]) => node.role === "server")) {
      report(
        ["nodes", index, "role"],
        role,
        "cluster.kind join adds agents to another stack's cluster; write agent",
      );
    }
    if (!broken && agents === 0)
      report(["nodes"], new Words("no agent"), "cluster.kind join needs at least one node with role agent");
  }
  if (draft.cluster?.kind === "join" && draft.cluster.stack.split("/").at(-1) === draft.stack) {
    report(
      ["cluster", "stack"],
      draft.cluster.stack,
      "it is this stack itself; name the stack that runs the cluster",
    );
  }
}

function checkRelease({ release, stage }: Draft, report: Report): void {
  if (release !== "workspace" || stage === undefined || stageRules[stage].workspace) return;
  report(
    ["release"],
    release,
    `stage ${stage} runs locks only; write <version>@sha256:<identity> as \`platform release show <version>\` prints it`,
  );
}

function checkSecrets(draft: Draft, report: Report): void {
  const names = draft.secrets;
  if (!names) return;
  const need = (path: readonly PropertyKey[], name: string): void => {
    if (names.includes(name)) return;
    const meant = nearest(name, names);
    const fix = meant === undefined ? "store it with" : `did you mean "${meant}", or store it with`;
    report(
      path,
      name,
      `the key secrets has no such entry; ${fix}: pulumi config set --secret --path secrets.${name}`,
    );
  };
  const needKeys = (path: readonly PropertyKey[], connection: ConnectionConfig): void => {
    need([...path, "privateKeySecret"], connection.privateKeySecret);
    if (connection.proxy) needKeys([...path, "proxy"], connection.proxy);
  };
  for (const [index, node] of present(draft.nodes)) {
    if (node.driver === "existing") needKeys(["nodes", index, "connection"], node.connection);
  }
  if (draft.hypervisor?.connection) needKeys(["hypervisor", "connection"], draft.hypervisor.connection);
  const { cluster } = draft;
  if (cluster?.kind === "existing") need(["cluster", "kubeconfigSecret"], cluster.kubeconfigSecret);
  if (cluster?.kind === "k3s" || cluster?.kind === "join") {
    for (const [registry, { passwordSecret }] of Object.entries(cluster.registries.logins))
      need(["cluster", "registries", "logins", registry, "passwordSecret"], passwordSecret);
  }
  if (cluster?.kind === "k3s") {
    for (const [file, name] of Object.entries(cluster.authorities))
      need(["cluster", "authorities", file], name);
  }
}
