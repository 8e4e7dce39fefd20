import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { encodeGuardMaps, GUARD_REASONS, MAX_DENIED, type GuardReason } from "../../lib/src/guard-maps";
import { seed, soak } from "../support/seed";
import { errorAndFragmentRows } from "./packets/errors-and-fragments";
import { parsingRows } from "./packets/parsing";
import { query } from "./support/dns";
import { ACK, frame, packet, UDP, type FrameSpec } from "./support/frames";
import { GuardModel } from "./support/guard-model";
import { configure, counted, DENIED, good4, good6, RULES, startGuard } from "./support/guard-world";
import { mutate } from "./support/mutate";
import { Random } from "./support/random";
import { XDP } from "./support/runner";
import { withRunner } from "./support/with-runner";

const long = "a".repeat(41);
const fits = "a".repeat(40);

describe("xdp_guard", () => {
  const guard = withRunner(startGuard);

  describe("has the shapes that lib/src writes", () => {
    const header = readFileSync(join(projectRoot(), "bpf", "include", "guard_maps.h"), "utf8");

    it("its maps are those of the table in guard_maps.h", async () => {
      const { maps } = await guard.runner.info();
      const rows = [...header.matchAll(/^ \* {3}(\w+) +([A-Z_]+) +(\d+) /gm)];
      assert.equal(rows.length, 7);
      for (const [, name = "", type = "", entries] of rows) {
        assert.deepEqual(
          [maps[name]?.type, maps[name]?.entries],
          [type.toLowerCase(), Number(entries)],
          name,
        );
      }
      for (const [name, bytes] of encodeGuardMaps(RULES, true)) {
        const map = maps[name];
        assert.equal(bytes.length % (map!.key + map!.value), 0, name);
      }
      assert.equal(maps.deny4?.entries, MAX_DENIED);
    });

    it("its reasons are those of guard_maps.h, in their order", () => {
      const body = /enum guard_reason \{([^}]*)\}/.exec(header)?.[1] ?? "";
      const names = [...body.matchAll(/^\s*GUARD_(\w+)/gm)].map((match) => match[1]!);
      const expected = GUARD_REASONS.map((reason) => reason.replaceAll("-", "_").toUpperCase());
      assert.deepEqual(names, [...expected, "REASONS"]);
    });
  });

  const dns = (labels: readonly string[], more = {}): Buffer => query(good4, labels, more);
  const extensions: FrameSpec["extensions"] = Array.from({ length: 5 }, () => [60, Buffer.alloc(7)] as const);
  const table: readonly [name: string, packet: Buffer, reason: GuardReason][] = [
    ["TCP over IPv4 from anywhere", frame(good4), "passed"],
    ["UDP over IPv6 from anywhere", frame({ ...good6, proto: UDP }), "passed"],
    ["the first address of a denied network", frame({ ...good4, from: "203.0.113.0" }), "denied"],
    ["its last address", frame({ ...good4, from: "203.0.113.255" }), "denied"],
    [
      "the address before it, which a wider network holds",
      frame({ ...good4, from: "203.0.112.255" }),
      "denied",
    ],
    ["an address that was denied alone", frame({ ...good4, from: "198.51.100.7" }), "denied"],
    ["a wide network's first address", frame({ ...good4, from: "192.0.0.0" }), "denied"],
    ["the address below a wide network", frame({ ...good4, from: "191.255.255.255" }), "passed"],
    ["a denied address as the destination", frame({ ...good4, to: "203.0.113.9" }), "passed"],
    ["a denied IPv6 network", frame({ ...good6, from: "2001:db8:bad:ffff::1" }), "denied"],
    ["its neighbour", frame({ ...good6, from: "2001:db8:bae::1" }), "passed"],
    ["a single IPv6 address", frame({ ...good6, from: "2001:db8::7" }), "denied"],
    ["the address beside it", frame({ ...good6, from: "2001:db8::8" }), "passed"],
    [
      "two VLAN tags before a denied source",
      frame({ ...good4, from: "203.0.113.9", vlans: [[5, 0x88a8], 7] }),
      "denied",
    ],
    [
      "ICMP from a denied source",
      packet({ ...good4, from: "203.0.113.9", proto: 1 }, Buffer.alloc(8)),
      "denied",
    ],
    [
      "a later fragment from a denied source",
      packet({ ...good4, from: "203.0.113.9", offset: 64 }, Buffer.alloc(8)),
      "denied",
    ],
    [
      "IP options before a denied source's TCP",
      frame({ ...good4, from: "203.0.113.9", options: Buffer.alloc(8, 1) }),
      "denied",
    ],
    [
      "five extension headers do not hide a denied source",
      packet({ ...good6, from: "2001:db8::7", extensions }, Buffer.alloc(8)),
      "denied",
    ],
    [
      "five extension headers of anybody else",
      packet({ ...good6, extensions }, Buffer.alloc(8)),
      "unsupported",
    ],
    [
      "a header cut short, from a denied source",
      frame({ ...good4, from: "203.0.113.9" }).subarray(0, 33),
      "malformed",
    ],
    ["ARP", frame({ ...good4, ethertype: 0x0806 }), "not-ip"],
    ["a plain name", dns(["www", "example", "org"]), "passed"],
    ["the longest label that fits", dns([fits, "example", "org"]), "passed"],
    ["one letter more", dns([long, "example", "org"]), "dns-label"],
    ["a long label at the end", dns(["a", "b", "c", long]), "dns-label"],
    ["63 letters", dns(["a".repeat(63), "t", "example"]), "dns-label"],
    ["a long label over IPv6", query(good6, [long, "example"]), "dns-label"],
    ["a long label behind a VLAN tag", query({ ...good4, vlans: [7] }, [long]), "dns-label"],
    [
      "a long label behind IP options",
      query({ ...good4, options: Buffer.alloc(40, 1) }, [long]),
      "dns-label",
    ],
    [
      "a long label behind an extension header",
      query({ ...good6, extensions: [[60, Buffer.alloc(7)]] }, [long]),
      "dns-label",
    ],
    ["a long label in an answer", dns([long], { response: true }), "passed"],
    ["a long label to another port", query({ ...good4, dport: 5353 }, [long]), "passed"],
    ["a long label from port 53", query({ ...good4, sport: 53, dport: 4000 }, [long]), "passed"],
    ["a long name of short labels, 255 bytes", dns(Array.from({ length: 127 }, () => "a")), "passed"],
    ["a name one label longer than names are", dns(Array.from({ length: 128 }, () => "a")), "dns-malformed"],
    [
      "four labels of 63, which is too long",
      dns(Array.from({ length: 4 }, () => "a".repeat(63))),
      "dns-malformed",
    ],
    ["the root", dns([]), "passed"],
    ["no question", dns([long], { questions: 0 }), "passed"],
    ["a pointer in a question", dns([], { name: Buffer.from([0xc0, 0x0c]) }), "dns-malformed"],
    ["a reserved label type", dns([], { name: Buffer.from([0x40, 0x0c]) }), "dns-malformed"],
    ["a name that is cut short", dns([], { name: Buffer.from([63, 97, 97]) }), "dns-malformed"],
    [
      "a name that ends with the UDP length",
      frame({ ...good4, proto: UDP, data: Buffer.from("4242010000010000000000000361", "hex") }),
      "dns-malformed",
    ],
    [
      "a header without a question's bytes",
      frame({ ...good4, proto: UDP, data: Buffer.from("424201000001000000000000", "hex") }),
      "dns-malformed",
    ],
    ["a DNS header that is cut short", frame({ ...good4, proto: UDP, data: Buffer.alloc(11) }), "passed"],
    ["TCP to port 53", frame({ ...good4, dport: 53, flags: ACK, data: Buffer.alloc(40, 63) }), "passed"],
  ];
  for (const enforce of [false, true]) {
    it(`${enforce ? "drops" : "counts"} what matches: ${table.length} packets`, async () => {
      await configure(guard.runner, RULES, enforce);
      const model = new GuardModel(RULES);
      const results = await guard.runner.runAll(table.map(([, bytes]) => bytes));
      const wanted: Record<string, { packets: number; dropped: number }> = {};
      table.forEach(([name, bytes, reason], index) => {
        const matched = GUARD_REASONS.indexOf(reason) >= GUARD_REASONS.indexOf("denied");
        assert.equal(results[index]!.verdict, enforce && matched ? XDP.DROP : XDP.PASS, name);
        assert.ok(results[index]!.packet.equals(bytes), `${name}: changed`);
        assert.equal(model.run(bytes), reason, `the model says otherwise of: ${name}`);
        const row = (wanted[reason] ??= { packets: 0, dropped: 0 });
        row.packets += 1;
        if (enforce && matched) row.dropped += 1;
      });
      assert.deepEqual(await counted(guard.runner), wanted);
    });
  }

  it("counts each denied network by its place in the list", async () => {
    await configure(guard.runner, RULES, false);
    for (const from of ["203.0.113.1", "203.0.113.2", "198.51.100.7"])
      await guard.runner.run(frame({ ...good4, from }));
    await guard.runner.run(frame({ ...good6, from: "2001:db8:bad::1" }));
    const hits = await Promise.all(DENIED.map((_, rule) => guard.runner.count("rule_hits", rule)));
    assert.deepEqual(hits, [2, 1, 0, 1, 0]);
  });

  it("passes everything without a rule", async () => {
    await configure(guard.runner, { deny: [], sample: 0 }, true);
    assert.equal((await guard.runner.run(frame({ ...good4, from: "203.0.113.9" }))).verdict, XDP.PASS);
  });

  it("hands on what it passes, and keeps from the chain what it drops", async () => {
    await configure(guard.runner, RULES, true);
    await guard.runner.slot(1, 1);
    assert.equal((await guard.runner.run(frame(good4))).verdict, XDP.DROP, "the program behind it");
    await guard.runner.slot(1, undefined);
    assert.equal((await guard.runner.run(frame(good4))).verdict, XDP.PASS);
  });

  const PACKETS = soak ? 1_000_000 : 30_000;
  it(`agrees with its model on ${PACKETS} mutated packets (seed ${seed})`, async function () {
    this.timeout(soak ? 3_600_000 : 120_000);
    await configure(guard.runner, RULES, true);
    const model = new GuardModel(RULES);
    const random = new Random(seed);
    // Half of the packets are of this table: the rows about DNS are few among those about parsing.
    const others = [...parsingRows, ...errorAndFragmentRows].map((row) => row.packet);
    for (let done = 0; done < PACKETS; done += 500) {
      const packets = Array.from({ length: 500 }, (_, index) =>
        mutate(index % 2 === 0 ? random.pick(others) : random.pick(table)[1], random),
      );
      const results = await guard.runner.runAll(packets);
      results.forEach(({ verdict, packet: after }, index) => {
        const reason = model.run(packets[index]!);
        const wanted = ["denied", "dns-label"].includes(reason) ? XDP.DROP : XDP.PASS;
        const hex = packets[index]!.toString("hex");
        assert.equal(verdict, wanted, `seed ${seed}, packet ${done + index} (${reason}): ${hex}`);
        assert.ok(after.equals(packets[index]!), `changed: ${hex}`);
      });
    }
    const packets = Object.fromEntries(
      Object.entries(await counted(guard.runner)).map(([reason, row]) => [reason, row.packets]),
    );
    assert.deepEqual(
      packets,
      Object.fromEntries(
        GUARD_REASONS.flatMap((reason) => {
          const count = model.packets.get(reason) ?? 0;
          return count > 0 ? [[reason, count]] : [];
        }),
      ),
    );
  });
});
