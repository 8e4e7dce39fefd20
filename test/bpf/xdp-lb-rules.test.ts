import assert from "node:assert/strict";
import type { LbVip } from "../../lib/src/lb-maps";
import { ask, PORTS, share, tcpVip, three } from "./support/ask";
import { ACK, frame, SYN, UDP, type FrameSpec } from "./support/frames";
import { backend4, CLIENT4, configure, mac, SETTINGS, startLb } from "./support/lb-world";
import { XDP } from "./support/runner";
import { withRunner } from "./support/with-runner";

describe("xdp_lb guards", () => {
  const lb = withRunner(async () => (await startLb([tcpVip(three)])).runner);

  beforeEach(async () => {
    await lb.runner.clear("flows4", "cache4", "vip_stats", "reasons", "sources4", "sources6", "pace");
  });

  it("keeps a flood of SYNs from one prefix out of the table, and balances it still", async () => {
    const numbers = await configure(lb.runner, [tcpVip(three)], { ...SETTINGS, synRate: 100 });
    const answers = await ask(lb.runner, { flags: SYN });
    assert.equal(share(answers, "drop") + share(answers, "pass"), 0);
    const entries = (await lb.runner.dump("flows4")).length;
    // At most two windows of a second were touched.
    assert.ok(entries >= 100 && entries <= 300, `${entries} entries`);
    assert.equal(await lb.runner.count("vip_stats", numbers.vips.length - 1, 8), PORTS.length - entries);
    // A neighbour in another /24 is not affected.
    await ask(lb.runner, { from: "198.18.7.1", flags: SYN }, [1]);
    assert.equal((await lb.runner.dump("flows4")).length, entries + 1);
  });

  it("drops a flood of SYNs when told so, and nothing else", async () => {
    await configure(lb.runner, [tcpVip(three)], { ...SETTINGS, synRate: 100, synAction: "drop" });
    const answers = await ask(lb.runner, { flags: SYN });
    const sent = answers.filter((answer) => answer !== "drop").length;
    assert.ok(sent >= 100 && sent <= 300, `${sent} sent`);
    assert.equal(share(await ask(lb.runner, { flags: ACK }), "drop"), 0);
  });

  it("stops entering flows above the CPU's rate", async () => {
    await configure(lb.runner, [tcpVip(three)], { ...SETTINGS, flowRate: 50 });
    await ask(lb.runner, { flags: SYN });
    const entries = (await lb.runner.dump("flows4")).length;
    assert.ok(entries >= 50 && entries <= 150, `${entries} entries`);
  });
});

describe("xdp_lb splits", () => {
  const lb = withRunner(async () => (await startLb([tcpVip(three)])).runner);
  const stable = tcpVip(three);
  /** A second ring, under the number of a VIP of its own that only serves to write it. */
  const candidate = tcpVip([backend4(8)], { address: "198.18.0.101" });

  async function split(dose: number, leaseSeconds: number): Promise<void> {
    const key = Buffer.alloc(4);
    const value = Buffer.alloc(16);
    value.writeUInt32LE(dose, 0);
    value.writeUInt16LE(1, 4);
    value.writeBigUInt64LE(process.hrtime.bigint() + BigInt(leaseSeconds) * 1_000_000_000n, 8);
    await lb.runner.put("splits", key, value);
  }

  beforeEach(async () => {
    await lb.runner.clear("flows4", "cache4", "splits");
    await configure(lb.runner, [stable, candidate], SETTINGS);
  });

  it("gives the dose of new flows to the candidate, a small dose within a larger one", async () => {
    await split(1000, 60);
    const small = await ask(lb.runner, { flags: SYN });
    assert.ok(Math.abs(share(small, "b8") - 0.1) < 0.03, `b8 got ${share(small, "b8")}`);
    await split(5000, 60);
    const large = await ask(lb.runner, { flags: SYN });
    assert.ok(Math.abs(share(large, "b8") - 0.5) < 0.04, `b8 got ${share(large, "b8")}`);
    small.forEach((name, index) => {
      if (name === "b8") assert.equal(large[index], "b8");
    });
  });

  it("moves no established flow when the dose rises", async () => {
    const before = await ask(lb.runner, { flags: SYN });
    await split(5000, 60);
    assert.deepEqual(await ask(lb.runner, { flags: ACK }), before);
  });

  it("gives everything back at once at dose 0, and other flows stay", async () => {
    await split(3000, 60);
    const before = await ask(lb.runner, { flags: SYN });
    await split(0, 60);
    const after = await ask(lb.runner, { flags: ACK });
    assert.equal(share(after, "b8"), 0);
    before.forEach((name, index) => {
      if (name !== "b8") assert.equal(after[index], name);
    });
  });

  it("gives everything back when the lease has run out", async () => {
    await split(3000, 60);
    await ask(lb.runner, { flags: SYN });
    await split(3000, -1);
    assert.equal(share(await ask(lb.runner, { flags: ACK }), "b8"), 0);
    assert.equal(share(await ask(lb.runner, { flags: SYN }), "b8"), 0);
  });
});

describe("xdp_lb QUIC", () => {
  const quic = [backend4(1, { serverId: 0x0102 }), backend4(2, { serverId: 0xfffe }), backend4(3)];
  const vip: LbVip = { ...tcpVip(quic), protocol: "udp", port: 443, quic: true };
  const lb = withRunner(async () => (await startLb([vip])).runner);

  function datagram(...bytes: number[]): Partial<FrameSpec> {
    return { proto: UDP, dport: 443, data: Buffer.concat([Buffer.from(bytes), Buffer.alloc(20, 0xaa)]) };
  }

  beforeEach(() => lb.runner.clear("flows4", "cache4"));

  it("sends short headers to the backend their connection id names, wherever they come from", async () => {
    for (const from of [CLIENT4, "198.19.7.7"]) {
      assert.equal(share(await ask(lb.runner, { from, ...datagram(0x40, 0x08, 0x01, 0x02) }), "b1"), 1);
      assert.equal(share(await ask(lb.runner, { from, ...datagram(0x5f, 0xc8, 0xff, 0xfe) }), "b2"), 1);
    }
    assert.deepEqual(await lb.runner.dump("flows4"), [], "they need no table");
  });

  const byAddress: [string, number[]][] = [
    ["long headers", [0xc0, 0x00, 0x01, 0x02]],
    ["an unknown server id", [0x40, 0x08, 0x77, 0x77]],
    ["a connection id that says it has no server id", [0x40, 0xe8, 0x01, 0x02]],
    ["packets without the fixed bit", [0x00, 0x08, 0x01, 0x02]],
  ];
  for (const [what, bytes] of byAddress) {
    it(`sends ${what} by address and port`, async () => {
      const answers = await ask(lb.runner, datagram(...bytes));
      for (const name of ["b1", "b2", "b3"]) assert.ok(share(answers, name) > 0.25, name);
    });
  }

  it("does not read past a short datagram", async () => {
    const answers = await ask(lb.runner, { proto: UDP, dport: 443, data: Buffer.from([0x40, 0x08, 0x01]) });
    assert.ok(share(answers, "b3") > 0.25);
  });
});

describe("xdp_lb nat", () => {
  const first = tcpVip([backend4(1)], { mode: "nat" });
  const second = tcpVip([backend4(1)], { mode: "nat", address: "198.18.0.101" });
  const lb = withRunner(async () => (await startLb([first, second])).runner);

  it("drops what would answer for two VIPs by the same ports, until the first is idle", async () => {
    const { runner } = lb;
    assert.deepEqual(await ask(runner, { flags: SYN }, [1]), ["b1"]);
    assert.deepEqual(await ask(runner, { flags: SYN, to: "198.18.0.101" }, [1]), ["drop"]);
    assert.deepEqual(await ask(runner, { flags: SYN }, [1]), ["b1"]);

    const [[key, value]] = (await runner.dump("nat4")) as [[Buffer, Buffer]];
    value.writeUInt16LE((value.readUInt16LE(26) - 200) & 0xffff, 26);
    await runner.put("nat4", key, value);
    assert.deepEqual(await ask(runner, { flags: SYN, to: "198.18.0.101" }, [1]), ["b1"]);
  });

  it("remembers an answer's way again when the table has lost it", async () => {
    const { runner } = lb;
    await ask(runner, { flags: SYN }, [7]);
    await runner.clear("nat4");
    await ask(runner, { flags: ACK }, [7]);
    const answer = frame({ from: "198.18.1.1", to: CLIENT4, sport: 80, dport: 7, srcMac: mac(1) });
    assert.equal((await runner.run(answer)).verdict, XDP.TX);
  });
});
