import { strict as assert } from "node:assert";
import { adminProvider } from "../../components/cluster/provider/admin-provider";
import { askApi } from "../../components/cluster/provider/kube-api";
import { readKubeconfig, type ApiServer } from "../../components/cluster/provider/kubeconfig";
import {
  formerNodeProvider,
  memberProvider,
  type MemberInputs,
} from "../../components/cluster/provider/member-provider";
import { secureToken } from "../../lib/src/k3s";
import { eventually } from "./support/eventually";
import { K3sNode, SERVER_PASSWORD, testBinary, type TestBinary } from "./support/k3s-node";
import { FIRST_BOOT_MS, needNspawn } from "./support/machines";

interface Node {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
}

/** Nodes that come, are labelled, are emptied and go, through the API that a server's kubeconfig opens. */
describe("members of a k3s cluster", function () {
  this.timeout(600_000);
  let binary: TestBinary;
  let first: K3sNode;
  let second: K3sNode;
  let api: ApiServer;
  let caHash = "";
  let member: MemberInputs;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    binary = testBinary(this);
    [first, second] = await Promise.all([
      K3sNode.boot("m", "cp-1", 2, binary),
      K3sNode.boot("m", "cp-2", 3, binary),
    ]);
    caHash = String((await first.run(first.serverStep({ etcd: true }))).output?.caHash);
    const { outs } = await adminProvider.create({
      node: first.name,
      connection: first.machine.connection,
      server: first.url,
      name: "ebpf-platform-t",
    });
    api = readKubeconfig(outs.kubeconfig);
    member = {
      kubeconfig: outs.kubeconfig,
      node: second.name,
      labels: { "node-role.kubernetes.io/worker": "true" },
      taints: [],
      instance: "first machine",
      drainSeconds: 3,
      force: false,
    };
  });

  after(async () => {
    await Promise.all([first?.delete(), second?.delete()]);
  });

  const nodeOf = async (name: string): Promise<Node> =>
    (await askApi(api, "GET", `/api/v1/nodes/${name}`)).body as Node;
  const status = async (path: string): Promise<number> => (await askApi(api, "GET", path)).status;
  const pod = (name: string, more: object = {}): Promise<unknown> =>
    askApi(api, "POST", "/api/v1/namespaces/default/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: name }, ...more },
      spec: { nodeName: second.name },
      status: { phase: "Running" },
    });

  it("are reached under the server's address with its own CA, which nothing else passes", async () => {
    assert.equal(await status("/api/v1/nodes/cp-1"), 200);
    const other = { ...api, ca: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" };
    await assert.rejects(askApi(other, "GET", "/api/v1/nodes/cp-1"));
  });

  it("get their role through the API, which a kubelet may not give itself", async () => {
    await formerNodeProvider.create(member);
    await second.run(second.agentStep(first, caHash));
    await memberProvider.create(member);
    assert.equal((await nodeOf("cp-2")).metadata.labels["node-role.kubernetes.io/worker"], "true");
    const labels = { "node-role.kubernetes.io/worker": "true" };
    await assert.rejects(
      second.run(second.agentStep(first, caHash, { labels })),
      /unknown 'kubernetes\.io' or 'k8s\.io' labels.*last good ones are back|last good ones are back.*unknown 'kubernetes\.io'/s,
    );
  });

  it("change their labels in place and keep those of others", async () => {
    await askApi(api, "PATCH", "/api/v1/nodes/cp-2", { metadata: { labels: { "example.com/mine": "yes" } } });
    const news = { ...member, labels: { ...member.labels, "node-role.kubernetes.io/edge": "true" } };
    assert.deepEqual(await memberProvider.diff("", member, news), {
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
    await memberProvider.update("", member, news);
    await memberProvider.update("", news, member);
    const { labels } = (await nodeOf("cp-2")).metadata;
    assert.equal(labels["node-role.kubernetes.io/edge"], undefined);
    assert.equal(labels["example.com/mine"], "yes");
  });

  it("are kept, cordoned, while a disruption budget holds a pod there, which the error names", async () => {
    await pod("web");
    await pod("agent-of-the-node", { ownerReferences: [{ kind: "DaemonSet", name: "agents" }] });
    await askApi(api, "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web" },
      spec: { selector: { matchLabels: { app: "web" } } },
      status: { disruptionsAllowed: 0 },
    });
    await assert.rejects(
      memberProvider.delete("", member),
      /Node cp-2 is cordoned and was not empty after 3 s: default\/web stayed\./,
    );
    assert.equal((await nodeOf("cp-2")).spec.unschedulable, true);
    assert.equal(await status("/api/v1/namespaces/default/pods/web"), 200);
  });

  it("are drained and forgotten with their password", async () => {
    await askApi(api, "PATCH", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web", {
      status: { disruptionsAllowed: 1 },
    });
    await memberProvider.delete("", { ...member, drainSeconds: 30 });
    assert.equal(await status("/api/v1/namespaces/default/pods/web"), 404);
    assert.equal(
      await status("/api/v1/namespaces/default/pods/agent-of-the-node"),
      200,
      "DaemonSets are left alone",
    );
    assert.equal(await status("/api/v1/nodes/cp-2"), 404);
    assert.equal(await status("/api/v1/namespaces/kube-system/secrets/cp-2.node-password.k3s"), 404);
    await memberProvider.delete("", member);
    await second.undo(second.agentStep(first, caHash));
    await second.stage(binary);
  });

  it("may join again under their name on a rebuilt machine, once the former one is forgotten", async () => {
    const step = second.agentStep(first, caHash);
    await second.run(step);
    await second.undo(step);
    await second.stage(binary);
    await assert.rejects(second.run(step), /Node password rejected, duplicate hostname/);
    await formerNodeProvider.update("", member, { ...member, instance: "second machine" });
    await second.run(step);
    await memberProvider.create(member);
    await second.undo(step);
    await memberProvider.delete("", { ...member, force: true });
    await second.stage(binary);
  });

  it("become a second server only with the server's token, and a majority decides", async () => {
    const join = first.url;
    const agents = secureToken(caHash, "node", "agent-password-of-the-test");
    await assert.rejects(
      second.run(second.serverStep({ join, token: agents })),
      /did not come up.*server-bootstrap: 401/s,
    );
    const token = secureToken(caHash, "server", SERVER_PASSWORD);
    await second.run(second.serverStep({ join, token }));
    assert.match(await second.kubectl("get nodes"), /cp-1 Ready[\s\S]*cp-2 Ready/);
    await second.ask("systemctl stop k3s");
    assert.equal(
      (await askApi(api, "PATCH", "/api/v1/nodes/cp-1", { metadata: { labels: { a: "b" } } })).status,
      500,
    );
    await second.ask("systemctl start k3s");
    await eventually("the majority is back", 20_000, async () => {
      return (
        (await askApi(api, "PATCH", "/api/v1/nodes/cp-1", { metadata: { labels: { a: "b" } } })).status ===
        200
      );
    });
    assert.equal((JSON.parse(await second.kubectl("get node cp-1 -o json")) as Node).metadata.labels.a, "b");
  });

  it("leave the datastore's majority when their node is removed", async () => {
    await second.ask("systemctl stop k3s");
    await second.ask("systemctl start k3s");
    await eventually(
      "both servers answer",
      20_000,
      async () => (await second.kubectl("get --raw /readyz")) === "ok",
    );
    await memberProvider.delete("", { ...member, force: true });
    await second.undo(second.serverStep({ join: first.url }));
    assert.equal(
      (await askApi(api, "PATCH", "/api/v1/nodes/cp-1", { metadata: { labels: { a: "c" } } })).status,
      200,
    );
  });
});
