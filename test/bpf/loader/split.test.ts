import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { encodeLbMaps, type LbVip } from "../../../lib/src/lb-maps";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode, type Answer } from "./private-node";

const LB = {
  name: "lb",
  source: "xdp_lb",
  programs: [
    {
      function: "xdp_lb",
      attach: { hook: "xdp" as const, interface: "host0", slot: 2, mode: "native" as const },
    },
  ],
};

describe("splits of the loader", function () {
  this.timeout(120_000);
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
  });
  afterEach(() => node.stop());

  const stable = (): number => node.facts("alpha").targets[0]?.program?.id ?? 0;
  /** Puts the candidate behind a splitter; the id of its program. */
  const start = (flags = ["-DVARIANT=7"]): number => {
    const { candidateId } = node.must("split", "start", node.put({ flags }));
    return candidateId as number;
  };
  const show = (target: string): Answer => node.must("split", "show", target);
  const refused = (...words: string[]): string => {
    const { answer } = node.verb(words);
    assert.ok(answer.error, `${words.join(" ")} was not refused`);
    return `${answer.error.what}: ${answer.error.cause}; ${answer.error.remedy}`;
  };

  it("puts a candidate beside the attached version, and shows no drift of it", () => {
    node.apply();
    const before = stable();
    const candidate = start();
    assert.notEqual(candidate, before);
    const { targets, problems } = node.facts("alpha");
    assert.deepEqual(problems, []);
    assert.equal(targets[0]?.program?.id, before, "the attached version is the stable one");
    assert.match(refused("split", "start", node.put({ flags: ["-DVARIANT=8"] })), /there is a split/);
    assert.deepEqual(show("alpha").dose, 0);
    assert.deepEqual(node.must("split", "end", "alpha"), { name: "alpha", ended: true });
    assert.equal(stable(), before);
    assert.deepEqual(node.facts("alpha").problems, []);
    assert.deepEqual(
      node.leftovers().filter((path) => path.includes("split")),
      [],
    );
    assert.deepEqual(node.must("split", "end", "alpha"), { name: "alpha", ended: false });
  });

  it("holds a dose for its lease, renews it, and gives everything back at a brake", () => {
    node.apply();
    start();
    const { dose, leaseSeconds } = node.must("split", "dose", "alpha", "1000", "60");
    assert.equal(dose, 1000);
    assert.ok((leaseSeconds as number) > 58 && (leaseSeconds as number) <= 60, String(leaseSeconds));
    assert.ok((node.must("split", "dose", "alpha", "1000", "600").leaseSeconds as number) > 590);
    assert.equal(node.must("split", "brake", "alpha").dose, 0);
    assert.equal(show("alpha").dose, 0);
    assert.equal(node.must("split", "brake", "alpha").dose, 0, "twice is as good as once");
    assert.equal(node.must("split", "brake", "nobody").present, false, "and so is a brake of nothing");
  });

  it("gives the share back by itself when nobody renews the lease", () => {
    node.apply();
    start();
    node.must("split", "dose", "alpha", "10000", "1");
    const deadline = Date.now() + 5_000;
    while (show("alpha").dose !== 0) assert.ok(Date.now() < deadline, "the lease of a second still holds");
    assert.equal(show("alpha").present, true);
  });

  it("sends the peer's packets through the candidate, and back at the brake", () => {
    // The candidate counts with another step than the stable version: the map says who saw a packet.
    node.apply({ constants: { step: 1 } });
    node.must("split", "start", node.put({ constants: { step: 1_000_000 } }));
    const counted = (): number => {
      const { entries } = node.must("map", "dump", "alpha", "counts") as unknown as {
        entries: { value: string }[];
      };
      return Number(Buffer.from(entries[0]?.value ?? "0000000000000000", "hex").readBigUInt64LE());
    };
    const datagrams = (from: number): void => {
      const code = `import socket
for port in range(${String(from)}, ${String(from + 200)}):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", port)); s.sendto(b"x", ("198.18.77.1", 9)); s.close()`;
      const [program, args] = node.words(["python3", "-c", code], "peer");
      node.host(program, args);
    };
    node.must("split", "dose", "alpha", "5000", "60");
    datagrams(20_000);
    const mine = Math.floor(counted() / 1_000_000);
    assert.ok(mine > 60 && mine < 140, `the candidate saw ${String(mine)} of 200 packets`);
    assert.ok((show("alpha").candidatePackets as number) >= mine);
    node.must("split", "brake", "alpha");
    datagrams(20_000);
    datagrams(30_000);
    assert.equal(Math.floor(counted() / 1_000_000), mine, "no packet after the brake");
  });

  it("lets the stable version be replaced, rolled back and removed under a split", () => {
    node.apply();
    const candidate = start();
    const first = stable();
    node.apply({ flags: ["-DVARIANT=2"] });
    assert.notEqual(stable(), first);
    assert.deepEqual(node.facts("alpha").problems, []);
    assert.equal(node.must("split", "dose", "alpha", "500", "60").dose, 500, "the split is still there");
    node.must("rollback", "alpha");
    assert.deepEqual(node.facts("alpha").problems, []);
    node.must("remove", "alpha", "--maps");
    assert.equal(node.attachedId(), 0);
    assert.deepEqual(
      node.leftovers().filter((path) => path.includes("split")),
      [],
    );
    assert.ok(candidate > 0);
  });

  it("refuses what it cannot split, and changes nothing then", () => {
    assert.match(refused("split", "start", node.put({})), /no version of it is attached/);
    node.apply();
    const before = stable();
    const elsewhere = node.put({ slot: 5, flags: ["-DVARIANT=3"] });
    assert.match(refused("split", "start", elsewhere), /is attached to slot 1 of host0/);
    assert.match(refused("split", "start", node.put({ flags: ["-DREJECTED"] })), /verifier rejects/);
    assert.match(refused("split", "dose", "alpha", "100", "10"), /there is no split/);
    assert.match(refused("split", "dose", "alpha", "10001", "10"), /no share with a lease/);
    assert.match(refused("split", "dose", "alpha", "10", "0"), /no share with a lease/);
    assert.match(refused("split", "show", "alpha/x"), /neither NAME nor NAME\/VIP/);
    assert.equal(stable(), before);
    assert.deepEqual(node.facts("alpha").problems, []);
  });

  it("doses the candidate backends of a VIP, and no VIP without them", () => {
    node.apply(LB);
    const backend = (n: number) => ({
      name: `b${String(n)}`,
      address: `198.18.1.${String(n)}`,
      mac: `02:00:00:00:01:0${String(n)}`,
      weight: 1,
    });
    const vip = (port: number, backends: LbVip["backends"]): LbVip => ({
      address: "198.18.0.100",
      port,
      protocol: "tcp",
      mode: "dsr-l2",
      backends,
    });
    const { files } = encodeLbMaps([
      vip(80, [backend(1), { ...backend(2), candidate: true }]),
      vip(81, [backend(1)]),
    ]);
    const words = [...files].flatMap(([map, bytes]) => {
      writeFileSync(`${node.root}/run/${map}`, bytes);
      return [map, `/run/${map}`];
    });
    node.must("map", "put", "lb", ...words);
    assert.equal(node.must("split", "dose", "lb/0", "1000", "60").dose, 1000);
    assert.equal(show("lb/0").dose, 1000);
    assert.match(refused("split", "dose", "lb/1", "1000", "60"), /no candidate backends/);
    const { digest } = node.must("map", "dump", "lb", "rings", "--digest");
    assert.equal(node.must("split", "brake", "lb/0").dose, 0);
    assert.equal(node.must("map", "dump", "lb", "rings", "--digest").digest, digest);
    const { entries } = node.must("map", "dump", "lb", "splits") as unknown as {
      entries: { value: string }[];
    };
    assert.ok(
      entries.every(({ value }) => /^0+$/.test(value)),
      "the map is as empty as before",
    );
  });
});
