import assert from "node:assert/strict";
import { encodeLbMaps, vipIdentity, type LbVip } from "../../lib/src/lb-maps";
import type { LbNumbers } from "../../lib/src/lb-numbers";
import { ask, establish, share, tcpVip, three } from "./support/ask";
import { ACK, RST, SYN, UDP } from "./support/frames";
import { backend4, backend6, CLIENT6, configure, SETTINGS, startLb } from "./support/lb-world";
import { withRunner } from "./support/with-runner";

/** enum lb_health */
const HEALTHY = 0;
const SICK = 1;
const VIP6 = "2001:2:0:1::100";

describe("xdp_lb flows", () => {
  const lb = withRunner(async () => (await startLb([tcpVip(three)])).runner);

  beforeEach(async () => {
    await lb.runner.clear(
      "flows4",
      "flows6",
      "vip_stats",
      "real_stats",
      "reasons",
      "splits",
      "vips4",
      "vips6",
      "reals",
      "health",
    );
    await lb.runner.clear("sources4", "sources6", "pace");
  });

  async function setHealth(numbers: LbNumbers, name: string, health: number): Promise<void> {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(numbers.reals.findIndex(({ backend }) => backend?.endsWith(` ${name}`)));
    await lb.runner.put("health", key, Buffer.from([health]));
  }

  it("spreads new flows by weight", async () => {
    await configure(lb.runner, [tcpVip([backend4(1, { weight: 1 }), backend4(2, { weight: 3 })])], SETTINGS);
    const answers = await ask(lb.runner, { flags: SYN });
    assert.ok(Math.abs(share(answers, "b1") - 0.25) < 0.03, `b1 got ${share(answers, "b1")}`);
    assert.ok(Math.abs(share(answers, "b2") - 0.75) < 0.03, `b2 got ${share(answers, "b2")}`);
  });

  it("moves no established flow when a backend is added", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    const before = await establish(lb.runner);
    await configure(lb.runner, [tcpVip([...three, backend4(4)])], SETTINGS, numbers);
    assert.deepEqual(await ask(lb.runner, { flags: ACK }), before);
    const anew = await ask(lb.runner, { flags: SYN });
    assert.ok(share(anew, "b4") > 0.2, "new connections use the new backend");
  });

  it("drains: weight 0 keeps established flows and gets no new ones", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    const before = await establish(lb.runner);
    assert.ok(share(before, "b2") > 0.25);
    await configure(
      lb.runner,
      [tcpVip([backend4(1), backend4(2, { weight: 0 }), backend4(3)])],
      SETTINGS,
      numbers,
    );
    assert.deepEqual(await ask(lb.runner, { flags: ACK }), before);
    assert.equal(share(await ask(lb.runner, { flags: SYN }), "b2"), 0);
  });

  it("gives the flows of a dead backend to others, and leaves the rest", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    const before = await establish(lb.runner);
    await configure(
      lb.runner,
      [tcpVip([backend4(1), backend4(2, { down: true }), backend4(3)])],
      SETTINGS,
      numbers,
    );
    const after = await ask(lb.runner, { flags: ACK });
    before.forEach((name, index) => {
      if (name === "b2") assert.notEqual(after[index], "b2");
      else assert.equal(after[index], name);
    });
  });

  it("avoids a dead backend before its ring is rewritten", async () => {
    const vip = tcpVip(three);
    const numbers = await configure(lb.runner, [vip], SETTINGS);
    const down = tcpVip([backend4(1), backend4(2, { down: true }), backend4(3)]);
    const { files } = encodeLbMaps([down], SETTINGS, numbers);
    await lb.runner.putFile("reals", files.get("reals")!);
    const answers = await ask(lb.runner, { flags: SYN });
    assert.equal(share(answers, "b2") + share(answers, "drop"), 0);
  });

  it("gives the flows of a sick backend to others until it is well, and leaves the rest", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    const before = await establish(lb.runner);
    await setHealth(numbers, "b2", SICK);
    const after = await ask(lb.runner, { flags: ACK });
    assert.equal(share(after, "b2") + share(after, "drop"), 0);
    before.forEach((name, index) => {
      if (name !== "b2") assert.equal(after[index], name);
    });
    await setHealth(numbers, "b2", HEALTHY);
    assert.ok(share(await ask(lb.runner, { flags: SYN }), "b2") > 0.25);
  });

  it("sends what a ring has for sick backends by its detour, however few are well", async () => {
    const many = Array.from({ length: 40 }, (_, n) => backend4(n + 1));
    const numbers = await configure(lb.runner, [tcpVip(many)], SETTINGS);
    for (const { name } of many.slice(1)) await setHealth(numbers, name, SICK);
    assert.ok(share(await ask(lb.runner, { flags: SYN }), "drop") > 0.5, "walking on finds one of 40 rarely");
    const { files } = encodeLbMaps([tcpVip(many.slice(0, 1))], SETTINGS, numbers);
    await lb.runner.putFile("detours", files.get("rings")!);
    assert.equal(share(await ask(lb.runner, { flags: SYN }), "b1"), 1);
  });

  it("never gives a flow to a backend that only inherited the number", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    await establish(lb.runner);
    const next = [backend4(1), backend4(9, { weight: 0 }), backend4(3)];
    await configure(lb.runner, [tcpVip(next)], SETTINGS, numbers);
    assert.equal(share(await ask(lb.runner, { flags: ACK }), "b9"), 0);
  });

  it("keeps VIPs apart that have swapped their numbers", async () => {
    const other = tcpVip([backend4(7)], { port: 81 });
    await configure(lb.runner, [tcpVip(three), other], SETTINGS);
    await ask(lb.runner, { flags: SYN });
    await configure(lb.runner, [other, tcpVip(three)], SETTINGS);
    assert.equal(share(await ask(lb.runner, { flags: ACK, dport: 81 }), "b7"), 1);
    assert.equal(share(await ask(lb.runner, { flags: ACK }), "b7"), 0);
  });

  it("finds a flow whose packets move to another CPU", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    const before = await establish(lb.runner);
    await configure(
      lb.runner,
      [tcpVip([backend4(1), backend4(2), backend4(3, { weight: 0 })])],
      SETTINGS,
      numbers,
    );
    await lb.runner.useCpu(1);
    assert.deepEqual(await ask(lb.runner, { flags: ACK }), before);
    await lb.runner.useCpu(0);
  });

  it("lets a SYN that moves a flow end what other CPUs remember", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
    await lb.runner.useCpu(1);
    await establish(lb.runner);
    await configure(
      lb.runner,
      [tcpVip([backend4(1), backend4(2), backend4(3, { weight: 0 })])],
      SETTINGS,
      numbers,
    );
    await lb.runner.useCpu(0);
    const moved = await ask(lb.runner, { flags: SYN });
    await lb.runner.useCpu(1);
    assert.deepEqual(await ask(lb.runner, { flags: ACK }), moved);
    await lb.runner.useCpu(0);
  });

  it("remembers the flows of a CPU without the shared table, for a moment", async () => {
    // A window of the kernel's ticks may end in between, so it may take more than one try.
    for (let tries = 1; ; tries++) {
      const numbers = await configure(lb.runner, [tcpVip(three)], SETTINGS);
      const before = await establish(lb.runner);
      await configure(lb.runner, [tcpVip([...three, backend4(4)])], SETTINGS, numbers);
      await lb.runner.clear("flows4");
      const after = await ask(lb.runner, { flags: ACK });
      const same = after.filter((name, index) => name === before[index]).length / after.length;
      if (same > 0.95) return;
      assert.ok(tries < 10, `only ${same} of the flows stayed`);
    }
  });

  it("enters neither resets nor packets of a stateless VIP", async () => {
    await configure(lb.runner, [tcpVip(three), tcpVip(three, { port: 81, stateless: true })], SETTINGS);
    await ask(lb.runner, { flags: RST });
    await ask(lb.runner, { flags: SYN, dport: 81 });
    assert.deepEqual(await lb.runner.dump("flows4"), []);
  });

  it("chooses by the client's address alone where the VIP asks for it", async () => {
    await configure(lb.runner, [tcpVip(three, { hashSource: true })], SETTINGS);
    assert.equal(new Set(await ask(lb.runner, { flags: SYN })).size, 1);
  });

  it("sends the fragments of a datagram to one backend", async () => {
    const vip: LbVip = { ...tcpVip(three), protocol: "udp", port: 53 };
    await configure(lb.runner, [vip], SETTINGS);
    const spec = { proto: UDP, dport: 53, data: Buffer.alloc(64) };
    for (const from of ["198.18.0.31", "198.18.0.32", "198.18.0.33"]) {
      const first = await ask(lb.runner, { ...spec, from, more: true });
      const later = await ask(lb.runner, { ...spec, from, offset: 72 });
      assert.equal(new Set([...first, ...later]).size, 1);
    }
  });

  it("lets an idle UDP flow choose anew, and renews a busy one", async () => {
    const vip: LbVip = { ...tcpVip([backend4(1)]), protocol: "udp", port: 53 };
    const numbers = await configure(lb.runner, [vip], { ...SETTINGS, udpIdleSeconds: 30 });
    const ports = [30_000];
    await ask(lb.runner, { proto: UDP, dport: 53 }, ports);
    const changed: LbVip = { ...vip, backends: [backend4(1, { weight: 0 }), backend4(2)] };
    await configure(lb.runner, [changed], { ...SETTINGS, udpIdleSeconds: 30 }, numbers);
    assert.deepEqual(await ask(lb.runner, { proto: UDP, dport: 53 }, ports), ["b1"]);

    const [[key, value]] = (await lb.runner.dump("flows4")) as [[Buffer, Buffer]];
    value.writeUInt16LE((value.readUInt16LE(4) - 100) & 0xffff, 4);
    await lb.runner.put("flows4", key, value);
    await lb.runner.clear("cache4");
    assert.deepEqual(await ask(lb.runner, { proto: UDP, dport: 53 }, ports), ["b2"]);
  });

  it("counts packets, bytes and new flows for the backend, misses for the VIP", async () => {
    const numbers = await configure(lb.runner, [tcpVip([backend4(1)])], SETTINGS);
    const ports = [1, 2, 3];
    await ask(lb.runner, { flags: SYN }, ports);
    await ask(lb.runner, { flags: ACK }, ports);
    await ask(lb.runner, { flags: ACK }, [4]);
    const vip = numbers.vips.indexOf(vipIdentity(tcpVip([])));
    const real = numbers.reals.findIndex(({ backend }) => backend !== null);
    const read = (map: string, index: number, count: number): Promise<number[]> =>
      Promise.all(Array.from({ length: count }, (_, field) => lb.runner.count(map, index, 8 * field)));
    assert.deepEqual(await read("vip_stats", vip, 5), [1, 0, 0, 0, 0]);
    assert.deepEqual(await read("real_stats", real, 4), [7, 280, 3, 0]);
  });

  it("counts what it drops for the VIP", async () => {
    const numbers = await configure(lb.runner, [tcpVip([backend4(1, { weight: 0 })])], SETTINGS);
    assert.deepEqual(await ask(lb.runner, { flags: SYN }, [1, 2]), ["drop", "drop"]);
    assert.equal(await lb.runner.count("vip_stats", numbers.vips.indexOf(vipIdentity(tcpVip([]))), 16), 2);
  });

  it("passes packets of a VIP whose ring is not there yet", async () => {
    await lb.runner.clear("vips4");
    const { files } = encodeLbMaps([tcpVip(three)], SETTINGS);
    const vips = files.get("vips4")!;
    // Ring 1000 was never written.
    vips.writeUInt16LE(1000, 10);
    await lb.runner.putFile("vips4", vips.subarray(0, 16));
    assert.deepEqual(await ask(lb.runner, { flags: SYN }, [1]), ["pass"]);
  });

  it("balances IPv6 flows as it does IPv4 ones", async () => {
    const six = [backend6(1), backend6(2), backend6(3)];
    const numbers = await configure(lb.runner, [tcpVip(six, { address: VIP6 })], SETTINGS);
    const before = await ask(lb.runner, { from: CLIENT6, to: VIP6, flags: SYN });
    for (const n of [1, 2, 3]) assert.ok(Math.abs(share(before, `b${n}`) - 1 / 3) < 0.04);
    const drained = [backend6(1), backend6(2, { weight: 0 }), backend6(3)];
    await configure(lb.runner, [tcpVip(drained, { address: VIP6 })], SETTINGS, numbers);
    assert.deepEqual(await ask(lb.runner, { from: CLIENT6, to: VIP6, flags: ACK }), before);
    assert.equal(share(await ask(lb.runner, { from: CLIENT6, to: VIP6, flags: SYN }), "b2"), 0);
  });
});
