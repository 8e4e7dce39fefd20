import assert from "node:assert/strict";
import { GUARD_REASONS } from "../../lib/src/guard-maps";
import { seed } from "../support/seed";
import { query } from "./support/dns";
import { ACK, frame } from "./support/frames";
import { configure, counted, good4, good6, RULES, startGuard } from "./support/guard-world";
import { Random } from "./support/random";
import { XDP } from "./support/runner";
import { withRunner } from "./support/with-runner";

describe("xdp_guard over time", () => {
  const guard = withRunner(startGuard);

  describe("rates", () => {
    const RATE = 100;
    /** Packets that passed of those a source sends at once, and the most that may: a second's worth, and what time adds. */
    async function flood(packets: readonly Buffer[]): Promise<{ passed: number; most: number }> {
      const start = process.hrtime.bigint();
      const results = await guard.runner.runAll(packets);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      return {
        passed: results.filter(({ verdict }) => verdict === XDP.PASS).length,
        most: RATE + Math.ceil(RATE * (seconds + 0.01)),
      };
    }
    const burst = Array.from({ length: 3 * RATE }, (_, index) => frame({ ...good4, sport: 1 + index }));

    it("lets a second's worth of a source through, whatever its ports, and then its rate", async () => {
      await configure(guard.runner, { deny: [], sourceRate: RATE, sample: 0 }, true);
      const { passed, most } = await flood(burst);
      assert.ok(passed >= RATE && passed <= most, `${passed} of ${burst.length} passed, at most ${most} may`);
      const other = await guard.runner.run(frame({ ...good4, from: "100.64.0.31" }));
      assert.equal(other.verdict, XDP.PASS, "another source has a rate of its own");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const again = await flood(burst);
      assert.ok(again.passed >= 25 && again.passed <= 60, `${again.passed} passed 0.3 s later`);
    });

    it("gives an IPv6 /64 one rate", async () => {
      await configure(guard.runner, { deny: [], sourceRate: RATE, sample: 0 }, true);
      const { passed, most } = await flood(
        burst.map((_, index) => frame({ ...good6, from: `2001:2:0:1::${(index + 1).toString(16)}` })),
      );
      assert.ok(passed >= RATE && passed <= most, `${passed} passed`);
      assert.equal((await guard.runner.run(frame({ ...good6, from: "2001:2:0:2::1" }))).verdict, XDP.PASS);
    });

    it("counts in counting mode and drops nothing", async () => {
      await configure(guard.runner, { deny: [], sourceRate: RATE, sample: 0 }, false);
      const { passed } = await flood(burst);
      assert.equal(passed, burst.length);
      const { "source-rate": over } = await counted(guard.runner);
      assert.ok(over && over.packets > RATE && over.dropped === 0);
    });

    it("limits DNS queries apart from other packets", async () => {
      await configure(guard.runner, { deny: [], dns: { rate: RATE }, sample: 0 }, true);
      const { passed, most } = await flood(burst.map((_, index) => query(good4, [`n${index}`, "example"])));
      assert.ok(passed >= RATE && passed <= most, `${passed} passed`);
      assert.equal((await guard.runner.run(frame(good4))).verdict, XDP.PASS);
      assert.equal((await guard.runner.run(query(good4, ["a"], { response: true }))).verdict, XDP.PASS);
    });

    it("stops the tunnel of the threat table, and no normal lookup: 200 queries with labels of 50 to 63 letters", async () => {
      await configure(guard.runner, { deny: [], dns: { labelMax: 40, rate: 150 }, sample: 10 }, true);
      const random = new Random(seed);
      const tunnel = Array.from({ length: 200 }, () => {
        const label = Array.from({ length: 50 + random.below(14) }, () => random.below(36).toString(36)).join(
          "",
        );
        return query(good4, [label, "t", "example"]);
      });
      const results = await guard.runner.runAll(tunnel);
      assert.ok(results.every(({ verdict }) => verdict === XDP.DROP));
      const { "dns-label": labels, "dns-rate": rate } = await counted(guard.runner);
      assert.equal((labels?.dropped ?? 0) + (rate?.dropped ?? 0), 200);
      assert.ok((rate?.dropped ?? 0) > 0, "their number alone gives them away too");
      const other = { ...good4, from: "100.64.0.31" };
      for (const name of [
        ["www", "example", "org"],
        ["kubernetes", "default", "svc", "cluster", "local"],
      ]) {
        assert.equal((await guard.runner.run(query(other, name))).verdict, XDP.PASS);
      }
      assert.equal((await guard.runner.events("events")).length, 20);
    });
  });

  describe("events", () => {
    it("sends every n-th match with its headers", async () => {
      await configure(guard.runner, { ...RULES, sample: 3 }, true);
      const spec = { ...good6, from: "2001:db8::7", sport: 4711, dport: 443 };
      for (let i = 0; i < 7; i++) await guard.runner.run(frame(spec));
      await guard.runner.run(frame(good6));
      const events = await guard.runner.events("events");
      assert.equal(events.length, 3);
      const [event] = events as [Buffer];
      assert.equal(event.length, 64);
      assert.equal(event.readUInt32LE(12), 60, "IP bytes");
      assert.equal(event.readUInt32LE(16), 3, "sample");
      assert.deepEqual([...event.subarray(20, 24)], [1, XDP.DROP, GUARD_REASONS.indexOf("denied"), 6]);
      assert.equal(event.subarray(24, 40).toString("hex"), "20010db8000000000000000000000007");
      assert.deepEqual([event.readUInt16BE(56), event.readUInt16BE(58)], [4711, 443]);
      assert.deepEqual([event[60], event[61]], [6, ACK]);
      assert.deepEqual(await eventCounters(), { seen: 7, sent: 3, lost: 0 });
    });

    it("counts what the full buffer could not take, and passes packets as before", async () => {
      await configure(guard.runner, { ...RULES, sample: 1 }, false);
      const packets = Array.from({ length: 4000 }, () => frame({ ...good4, from: "203.0.113.9" }));
      const results = await guard.runner.runAll(packets);
      assert.ok(results.every(({ verdict }) => verdict === XDP.PASS));
      const { seen, sent, lost } = await eventCounters();
      assert.deepEqual([seen, sent + lost], [4000, 4000]);
      assert.ok(lost > 0, "the buffer holds fewer");
      assert.equal((await guard.runner.events("events")).length, sent);
    });

    async function eventCounters(): Promise<{ seen: number; sent: number; lost: number }> {
      const [seen, sent, lost] = await Promise.all(
        [0, 1, 2].map((i) => guard.runner.count("event_counters", i)),
      );
      return { seen: seen!, sent: sent!, lost: lost! };
    }
  });
});
