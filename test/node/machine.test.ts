import { strict as assert } from "node:assert";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { reviveMachines } from "../../components/node/revive";
import { openSession, type NodeSession } from "../../components/node/ssh";
import { NodeError } from "../../components/node/node-error";
import { eventually } from "./support/eventually";
import { host, tracesOf } from "./support/host-traces";
import {
  ask,
  bootMachine,
  connectionTo,
  driver,
  FIRST_BOOT_MS,
  needNspawn,
  STACK,
  startDriver,
  testKey,
  testSpec,
  type TestMachine,
} from "./support/machines";

interface Registered {
  pid: number;
  cgroup: string;
  netns: string;
  root: string;
  address: string;
}

function registered(name: string): Registered {
  return JSON.parse(readFileSync(`/run/ebpf-platform/nspawn/${STACK}/${name}.json`, "utf8")) as Registered;
}

const leader = (name: string): number => registered(name).pid;

describe("nspawn machine", () => {
  let machine: TestMachine;
  let session: NodeSession;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("a", "one", 2);
    session = await machine.open();
  });

  after(async () => {
    session?.close();
    await machine?.delete();
  });

  it("boots a real systemd with its own bpffs, cgroup2, tracefs and kernel facts", async () => {
    assert.equal(await ask(session, "systemctl is-system-running"), "running");
    assert.equal(await ask(session, "cat /proc/1/comm; hostname"), "systemd\none");
    assert.equal(host("nsenter", "--target", String(leader("one")), "--all", "hostname"), "one");
    const mounts = await ask(session, "cat /proc/mounts");
    assert.match(mounts, / \/sys\/fs\/bpf bpf rw/);
    assert.match(mounts, / \/sys\/fs\/cgroup cgroup2 rw/);
    assert.match(mounts, / \/sys\/kernel\/tracing tracefs /);
    assert.match(await ask(session, "ls /sys/class/net"), /^host0\nlo$/);
    const refused = await session.exec("echo 1 > /proc/sys/kernel/panic", { timeoutMs: 5000 });
    assert.notEqual(refused.code, 0, "sysctls of the whole host must be read-only");
  });

  it("has finished checksums and packets of MTU size in both directions of its veth", async () => {
    const off = ["tx-checksumming", "tcp-segmentation-offload", "generic-segmentation-offload"];
    const inside = await ask(session, "ethtool -k host0");
    const peer = host("ip", "-br", "link", "show", "master", machine.spec.bridge).split(/[@ ]/)[0] ?? "";
    const outside = host("ethtool", "-k", peer);
    for (const feature of off) {
      assert.match(inside, new RegExp(`^${feature}: off`, "m"));
      assert.match(outside, new RegExp(`^${feature}: off`, "m"));
    }
    assert.match(outside, /^generic-receive-offload: on/m);
    assert.match(await ask(session, "cat /sys/class/net/host0/address"), /^02:eb:c6:12:/);
  });

  it("is left alone by a second up: same processes, same inodes and times of files", async () => {
    const root = registered("one").root;
    const files = ["/etc/ssh/ssh_host_ed25519_key", "/root/.ssh/authorized_keys", "/etc/hostname"];
    const seen = (): unknown => [
      leader("one"),
      registered("one"),
      [`/run/ebpf-platform/nspawn/${STACK}/one.json`, ...files.map((file) => root + file)].map((file) => {
        const { ino, mtimeMs } = statSync(file);
        return [file, ino, mtimeMs];
      }),
    ];
    const earlier = seen();
    const started = Date.now();
    const first = await driver("up", machine.spec);
    const second = await driver("up", machine.spec);
    assert.ok(Date.now() - started < 10_000);
    assert.deepEqual(seen(), earlier);
    assert.equal(first.stdout, second.stdout);
    assert.equal(first.stderr, "");
  });

  it("comes back as the same node after a reboot, with its veth and offloads and without its pins", async function () {
    this.timeout(60_000);
    const earlier = leader("one");
    await ask(session, "mkdir /sys/fs/bpf/pins; echo kept > /root/kept");
    const identity = await ask(session, "cat /etc/machine-id /sys/class/net/host0/address");
    await session.exec("systemctl reboot", { timeoutMs: 10_000 }).catch(onlyCut);
    session.close();
    await eventually("another pid 1 is registered", 20_000, () => leader("one") !== earlier);
    session = await machine.open();
    assert.equal(await ask(session, "cat /etc/machine-id /sys/class/net/host0/address"), identity);
    assert.equal(await ask(session, "cat /root/kept"), "kept");
    assert.equal(await ask(session, "ls /sys/fs/bpf | grep -c pins || true"), "0");
    assert.match(await ask(session, "ethtool -k host0"), /^tx-checksumming: off/m);
    assert.equal(await ask(session, "ls -d /sys/fs/bpf/"), "/sys/fs/bpf/");
  });

  it("takes new keys in place, without a reboot", async function () {
    this.timeout(60_000);
    const earlier = leader("one");
    const [client, server] = [testKey(), testKey()];
    const spec = {
      ...machine.spec,
      authorizedKey: client.public,
      hostKey: server.private,
      hostKeyPublic: server.public,
    };
    await driver("up", spec);
    const other = await openSession(connectionTo(spec, client), { node: "one", deadlineMs: 10_000 });
    assert.equal(await ask(other, "hostname"), "one");
    other.close();
    await assert.rejects(machine.open(), (error) => error instanceof NodeError && error.kind === "host-key");
    assert.equal(leader("one"), earlier);
    await driver("up", machine.spec);
    session.close();
    session = await machine.open();
  });

  it("is started again by up after it was powered off", async function () {
    this.timeout(60_000);
    await session.exec("systemctl poweroff", { timeoutMs: 10_000 }).catch(onlyCut);
    session.close();
    await eventually("the machine has stopped", 20_000, () =>
      readFileSync(`${registered("one").cgroup}/cgroup.events`, "utf8").includes("populated 0"),
    );
    assert.match((await driver("status", machine.spec)).stdout, /"state":"stopped"/);
    await driver("up", machine.spec);
    session = await machine.open();
    assert.equal(await ask(session, "cat /root/kept"), "kept");
  });

  it("reaches a second machine on its bridge, and refuses a third that wants its address", async function () {
    this.timeout(60_000);
    const second = await bootMachine("a", "two", 3);
    try {
      const name = await ask(session, `exec 3<>/dev/tcp/${second.spec.address}/22; head -c 7 <&3`);
      assert.equal(name, "SSH-2.0");
      const thief = testSpec("a", "thief", 3);
      const refused = await startDriver("up", thief).done;
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, new RegExp(`address ${second.spec.address} belongs to .*${STACK}/two`));
      await driver("down", thief);
      assert.deepEqual(
        tracesOf(thief).filter((trace) => trace.includes("thief")),
        [],
      );
      assert.equal(await ask(session, "true"), "");
    } finally {
      await second.delete();
    }
    assert.ok(
      host("ip", "-br", "link", "show", machine.spec.bridge),
      "the bridge stays while a machine is on it",
    );
  });
});

describe("nspawn machine after a restart of its host", () => {
  it("is started again with its root, keys and address, and a running one is left alone", async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    const machine = await bootMachine("h", "back", 2);
    try {
      let session = await machine.open();
      await ask(session, "echo kept >/root/kept");
      session.close();
      assert.deepEqual(await reviveMachines(STACK, () => undefined), []);
      // What a restart of the host takes away: processes, cgroups, mounts, namespaces, interfaces, /run.
      const { cgroup, netns, root } = registered("back");
      writeFileSync(`${cgroup}/cgroup.kill`, "1");
      await eventually("its processes have ended", 10_000, () =>
        readFileSync(`${cgroup}/cgroup.events`, "utf8").includes("populated 0"),
      );
      host("umount", root);
      host("ip", "netns", "delete", basename(netns));
      host("ip", "link", "delete", machine.spec.bridge);
      rmSync(`/run/ebpf-platform/nspawn/${STACK}/back.json`);
      assert.deepEqual(await reviveMachines(STACK, () => undefined), ["back"]);
      session = await machine.open();
      assert.equal(await ask(session, "cat /root/kept"), "kept");
      session.close();
      const { pid } = registered("back");
      await driver("up", machine.spec);
      assert.equal(registered("back").pid, pid);
    } finally {
      await machine.delete();
    }
  });
});

describe("nspawn machine that is deleted", () => {
  it("leaves nothing of itself on this host, and can be deleted again", async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    const machine = await bootMachine("b", "gone", 9);
    const session = await machine.open();
    await ask(
      session,
      "systemd-run --quiet sleep 1000; mkdir /sys/fs/bpf/pin; nohup setsid sleep 999 >/dev/null 2>&1 &",
    );
    assert.notDeepEqual(tracesOf(machine.spec), []);
    await machine.delete();
    session.close();
    assert.deepEqual(tracesOf(machine.spec), []);
    assert.equal(existsSync(`/sys/class/net/${machine.spec.bridge}`), false);
    await machine.delete();
    assert.deepEqual(tracesOf(machine.spec), []);
  });
});

/** A reboot may or may not answer before it takes the connection away. */
function onlyCut(error: unknown): void {
  if (!(error instanceof NodeError) || error.kind !== "cut") throw error;
}
