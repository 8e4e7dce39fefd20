import { strict as assert } from "node:assert";
import { NodeError } from "../../components/node/ssh";
import { secureToken } from "../../lib/src/k3s";
import { eventually } from "./support/eventually";
import {
  AGENT_PASSWORD,
  K3sNode,
  SERVER_PASSWORD,
  testBinary,
  withVersion,
  type TestBinary,
} from "./support/k3s-node";
import { FIRST_BOOT_MS, needNspawn } from "./support/machines";

/** The k3s steps on nodes with real systemd, with the double of k3s or, with K3S_BINARY, the real one. */
describe("k3s on nodes", function () {
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
      K3sNode.boot("k", "cp-1", 2, binary),
      K3sNode.boot("k", "dp-1", 3, binary),
    ]);
  });

  after(async () => {
    await Promise.all([server?.delete(), agent?.delete()]);
  });

  const refused = (work: Promise<unknown>, words: RegExp): Promise<void> =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof NodeError);
      assert.match(error.message, words);
      assert.ok(!error.message.includes(SERVER_PASSWORD) && !error.message.includes(AGENT_PASSWORD));
      return true;
    });

  it("makes a node a server: active, ready, its files private, its token in no argument", async () => {
    const { output } = await server.run(server.serverStep());
    assert.equal(output?.changed, true);
    assert.equal(output?.restarts, 1);
    caHash = String(output?.caHash);
    assert.match(caHash, /^[0-9a-f]{64}$/);
    assert.equal(await server.kubectl("get --raw /readyz"), "ok");
    assert.equal(
      await server.ask(
        "stat -c '%a' /etc/rancher/k3s /etc/rancher/k3s/{config.yaml,token,agent-token,k3s.yaml} /var/lib/rancher/k3s/server/{psa.yaml,audit.yaml,logs}",
      ),
      "700\n600\n600\n600\n600\n600\n600\n700",
    );
    const seen = await server.ask(
      "cat /proc/$(systemctl show -p MainPID --value k3s)/{cmdline,environ} /etc/rancher/k3s/config.yaml /etc/systemd/system/k3s.service | tr '\\0' '\\n'",
    );
    assert.ok(!seen.includes(SERVER_PASSWORD));
  });

  it("changes nothing and restarts nothing when it is repeated", async () => {
    const before = await server.unchanged();
    const { output } = await server.run(server.serverStep());
    assert.deepEqual([output?.changed, output?.restarts], [false, 0]);
    assert.equal(await server.unchanged(), before);
  });

  it("lets an agent join with the secure token, as a node with its own labels and taints", async () => {
    const step = agent.agentStep(server, caHash, {
      labels: { tier: "data" },
      taints: ["edge=yes:NoSchedule"],
    });
    assert.equal((await agent.run(step)).output?.changed, true);
    const node = JSON.parse(await server.kubectl("get node dp-1 -o json")) as {
      metadata: { labels: Record<string, string> };
      spec: { taints: { key: string; effect: string }[] };
    };
    assert.equal(node.metadata.labels.tier, "data");
    assert.deepEqual(
      node.spec.taints.filter(({ key }) => key === "edge").map(({ effect }) => effect),
      ["NoSchedule"],
    );
  });

  it("restarts once for a changed setting, and takes a file away that is no longer wanted", async () => {
    const mirrors = "mirrors:\n  docker.io:\n    endpoint:\n      - https://mirror.example.com\n";
    const more = { settings: { "kubelet-arg": ["max-pods=200"] }, registries: mirrors };
    const { output } = await agent.run(agent.agentStep(server, caHash, more));
    assert.deepEqual([output?.changed, output?.restarts], [true, 1]);
    assert.match(await agent.ask("cat /etc/rancher/k3s/config.yaml"), /- max-pods=200/);
    assert.equal(await agent.ask("stat -c %a /etc/rancher/k3s/registries.yaml"), "600");
    await agent.run(agent.agentStep(server, caHash));
    assert.equal(await agent.ask("ls /etc/rancher/k3s/registries.yaml 2>&1 | grep -c 'No such'"), "1");
  });

  it("puts the last good configuration back when the new one does not start", async () => {
    const good = await server.ask("cat /etc/rancher/k3s/config.yaml");
    await refused(
      server.run(server.serverStep({ settings: { "kubelet-arg": ["no-such-flag=1"] } })),
      /k3s did not come up with the new files or binary: it ended \d+ times\. The last good ones are back and it runs.*unknown flag: --no-such-flag/s,
    );
    assert.equal(await server.ask("cat /etc/rancher/k3s/config.yaml"), good);
    assert.equal(await server.kubectl("get --raw /readyz"), "ok");
    assert.equal((await server.run(server.serverStep())).output?.changed, false);
  });

  it("names a wrong token, and leaves the agent as it was", async () => {
    const token = secureToken(caHash, "node", "not-the-password");
    await refused(
      agent.run(agent.agentStep(server, caHash, { token })),
      /The last good ones are back.*401 Unauthorized/s,
    );
    assert.equal((await agent.run(agent.agentStep(server, caHash))).output?.changed, false);
  });

  it("refuses a server that shows another authority than the token names", async () => {
    const token = secureToken("0".repeat(64), "node", AGENT_PASSWORD);
    await refused(
      agent.run(agent.agentStep(server, caHash, { token })),
      /token CA hash does not match the Cluster CA certificate hash/,
    );
  });

  it("refuses a binary of another hash and keeps the one that runs", async () => {
    const before = await server.unchanged();
    const other = server.serverStep({ args: { SHA256: "1".repeat(64) } });
    await refused(
      server.run(other),
      /no file with SHA-256 1{64} is on this node; place the k3s binary in the air-gap folder/,
    );
    assert.equal(await server.unchanged(), before);
  });

  it("stops before a full disk and a wrong architecture", async () => {
    const before = await server.unchanged();
    await refused(
      server.run(server.serverStep({ args: { SPACE_MIB: "99999999" } })),
      /MiB free and k3s needs 99999999; make room/,
    );
    const wrong = process.arch === "arm64" ? "amd64" : "arm64";
    await refused(
      server.run(server.serverStep({ args: { ARCH: wrong } })),
      /set cluster\.arch to this machine's architecture/,
    );
    assert.equal(await server.unchanged(), before);
  });

  it("takes another version of the binary in place", async function () {
    if (binary.real) this.skip();
    const newer = withVersion(binary, "v1.34.10+k3s1");
    await server.stage(newer);
    assert.equal((await server.run(server.serverStep({}, newer))).output?.version, "v1.34.10+k3s1");
    assert.equal(await server.kubectl("get --raw /readyz"), "ok");
  });

  it("comes back after a reboot of the node", async () => {
    await server.session.exec("systemctl reboot", { timeoutMs: 10_000 }).catch((error: unknown) => {
      if (!(error instanceof NodeError && error.kind === "cut")) throw error;
    });
    server.session.close();
    await eventually("the server is ready again", 60_000, async () => {
      try {
        server.session = await server.machine.open();
        return (await server.kubectl("get --raw /readyz")) === "ok";
      } catch {
        return false;
      }
    });
  });

  it("is taken off after what Cilium left, with the way in still open", async () => {
    await agent.ask(
      "ip link add cilium_host type veth peer name cilium_net; ip link add lxc_health type dummy; iptables -N CILIUM_FORWARD; iptables -A CILIUM_FORWARD -i cilium_host -j ACCEPT; iptables -A FORWARD -j CILIUM_FORWARD; iptables -N KUBE-FIREWALL; iptables -A INPUT -s 192.0.2.1 -j DROP; ip rule add fwmark 0x200/0xf00 lookup 2004; mkdir -p /sys/fs/bpf/cilium /sys/fs/bpf/ebpf-platform/mine",
    );
    const step = agent.agentStep(server, caHash);
    await agent.undo(step);
    assert.equal(await agent.ask("ip -br link | grep -cE 'cilium|lxc' || true"), "0");
    assert.equal(await agent.ask("iptables-save | grep -cE 'CILIUM|KUBE-' || true"), "0");
    assert.match(await agent.ask("iptables-save"), /-s 192\.0\.2\.1\/32 -j DROP/, "rules of others stay");
    assert.equal(await agent.ask("ip rule | grep -c 2004 || true"), "0");
    assert.equal(await agent.ask("ls /sys/fs/bpf/ebpf-platform"), "mine");
    assert.equal(
      await agent.ask(
        "ls -d /etc/rancher /var/lib/rancher /usr/local/bin/k3s /etc/systemd/system/k3s* /var/lib/ebpf-platform/k3s 2>/dev/null || true",
      ),
      "/var/lib/rancher",
    );
    assert.equal(await agent.ask("pgrep -c k3s || true"), "0");
    await agent.undo(step);
    (await agent.machine.open()).close();
  });
});
