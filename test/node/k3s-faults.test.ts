import { strict as assert } from "node:assert";
import { secureToken } from "../../lib/src/k3s";
import { seed } from "../support/seed";
import { eventually } from "./support/eventually";
import { AGENT_PASSWORD, K3sNode, testBinary, type TestBinary } from "./support/k3s-node";
import { FIRST_BOOT_MS, needNspawn } from "./support/machines";

/** What may be half there after a power cut, a kill or a person's hand; none of it is the cluster's data. */
const breaks = [
  "rm -f /usr/local/bin/k3s",
  "head -c 1000 /usr/local/bin/k3s >/usr/local/bin/k3s.part; mv /usr/local/bin/k3s.part /usr/local/bin/k3s",
  "rm -f /etc/systemd/system/k3s.service; systemctl daemon-reload",
  "systemctl disable --quiet k3s",
  "systemctl kill --signal=KILL k3s; systemctl stop k3s",
  "rm -f /etc/rancher/k3s/config.yaml",
  "echo 'disable-kube-proxy: false' >>/etc/rancher/k3s/config.yaml",
  "chmod 0644 /etc/rancher/k3s/token",
  "rm -f /var/lib/ebpf-platform/k3s/running",
  "rm -rf /var/lib/ebpf-platform/k3s/good",
  "rm -rf /var/lib/ebpf-platform/k3s",
  "rm -f /var/lib/rancher/k3s/server/psa.yaml",
];

/** Numbers in [0, 1) that a seed decides (Park and Miller's minimal standard). */
function random(from: number): () => number {
  let state = (from * 48_271 + 1) % 2_147_483_647;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe(`k3s steps under faults, seed ${String(seed)}`, function () {
  this.timeout(600_000);
  let binary: TestBinary;
  let server: K3sNode;
  let agent: K3sNode;
  let caHash = "";

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    binary = testBinary(this);
    [server, agent] = await Promise.all([
      K3sNode.boot("q", "cp-1", 2, binary),
      K3sNode.boot("q", "dp-1", 3, binary),
    ]);
    caHash = String((await server.run(server.serverStep())).output?.caHash);
    await agent.run(agent.agentStep(server, caHash));
    await server.ask(
      `echo '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"witness","namespace":"default"}}' | /usr/local/bin/k3s kubectl create -f -`,
    );
  });

  after(async () => {
    await Promise.all([server?.delete(), agent?.delete()]);
  });

  const kept = async (): Promise<void> => {
    assert.equal(await server.kubectl("get configmap witness -o name"), "witness", "the cluster's data");
  };

  it("mends whatever is half installed, loses no data, and then changes nothing more", async () => {
    const next = random(seed);
    for (let round = 0; round < 3; round++) {
      const chosen = breaks.filter(() => next() < 0.3);
      await server.ask(chosen.join("; ") || "true");
      await server.run(server.serverStep());
      await kept();
      const { output } = await server.run(server.serverStep());
      assert.equal(output?.changed, false, `after: ${chosen.join("; ")}`);
    }
  });

  it("goes on where a killed run stopped", async () => {
    const step = server.serverStep({ settings: { "kubelet-arg": ["max-pods=150"] } });
    const killed = server.run(step).then(
      () => undefined,
      (error: unknown) => error,
    );
    await eventually("the step runs", 20_000, async () => {
      return (
        (await server.ask("systemctl list-units --plain --no-legend 'ebpf-step-t.cp-1*' | wc -l")) !== "0"
      );
    });
    await server.ask("systemctl kill --signal=KILL 'ebpf-step-t.cp-1*'");
    await killed;
    await server.run(step);
    await kept();
    assert.match(await server.ask("cat /etc/rancher/k3s/config.yaml"), /max-pods=150/);
    assert.equal((await server.run(step)).output?.changed, false);
    await server.run(server.serverStep());
  });

  it("is refused a bootstrap token and another password, and keeps the data", async () => {
    const bootstrap = server.serverStep({ token: "abcdef.0123456789abcdef" });
    await assert.rejects(server.run(bootstrap), /last good ones are back.*failed to normalize server token/s);
    const other = server.serverStep({ token: "another-password" });
    await assert.rejects(server.run(other), /last good ones are back.*encrypted with different token/s);
    await kept();
  });

  it("does not join a server whose clock is an hour away", async function () {
    if (binary.real) this.skip();
    await server.ask("echo -3600 >/run/k3s-double-clock-offset");
    const token = secureToken(caHash, "node", AGENT_PASSWORD);
    const step = agent.agentStep(server, caHash, { token, labels: { clock: "off" } });
    await assert.rejects(agent.run(step), /the clock of this node is 3[56]\d\d s off the server's/);
    await server.ask("rm /run/k3s-double-clock-offset");
    assert.equal((await agent.run(step)).output?.changed, true);
  });
});
