import assert from "node:assert/strict";
import type { LbBackend, LbVip } from "@ebpf-platform/lib/lb-maps";
import { requireBpf } from "../support/objects";
import { LbNetwork, type LoadReport } from "./lb-network";
import { buildFaultyLoader, PrivateNode } from "./private-node";

/** Requests during the swaps: as many as the bar asks for in a soak run. */
const SOAK = process.env.SOAK !== undefined;
const UNDER_SWAPS = SOAK ? 100_000 : 5_000;
const HOSTS = { client: 30, b1: 21, b2: 22 };
const VIP4 = "198.18.77.100";
const VIP6 = "2001:2:0:77::100";
const VIPS: Readonly<Record<string, string>> = { "dsr-l2": "100", "dsr-ipip": "101", nat: "102" };

function backend(
  name: "b1" | "b2",
  weight: number,
  more: Partial<LbBackend> & { v6?: boolean } = {},
): LbBackend {
  const { v6, ...rest } = more;
  const host = HOSTS[name];
  return {
    name,
    address: v6 ? `2001:2:0:77::${String(host)}` : `198.18.77.${String(host)}`,
    mac: `02:00:00:00:77:${host.toString(16)}`,
    weight,
    ...rest,
  };
}

function vip(address: string, one: number, two: number, mode: LbVip["mode"] = "dsr-l2"): LbVip {
  const v6 = address.includes(":");
  const port = mode === "nat" ? { port: 8080 } : {};
  const backends = [backend("b1", one, { v6, ...port }), backend("b2", two, { v6, ...port })];
  return { address, port: 80, protocol: "tcp", mode, backends };
}

/** Every request answered, and by a backend that saw the client's own address. */
function allAnswered(report: LoadReport, asked?: number): void {
  assert.deepEqual(report.faults, {});
  assert.equal(report.lost, 0);
  assert.equal(report.answered, asked ?? report.asked);
  assert.equal(report.strangers, 0, "the backend sees the client's address");
}

function share(report: LoadReport, name: string): number {
  return (report.names[name] ?? 0) / report.answered;
}

describe("a real client and real servers over the load balancer", function () {
  this.timeout(SOAK ? 900_000 : 120_000);
  let node: PrivateNode;
  let network: LbNetwork;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  before(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
    network = await LbNetwork.start(node, HOSTS);
    network.swapProgram();
    for (const name of ["b1", "b2"] as const) {
      const own = [backend(name, 1).address, backend(name, 1, { v6: true }).address];
      const held = ["100", "101"].flatMap((host) => [`198.18.77.${host}`, `2001:2:0:77::${host}`]);
      for (const address of held) network.holdAddress(name, address);
      await network.serve(name, 80, ...held);
      await network.serve(name, 8080, ...own);
      network.decapsulate(name);
    }
  });
  after(async () => {
    await network.stop();
    await node.stop();
  });

  it("gives both backends 10,000 requests by their weights, and each sees the client's address", async () => {
    network.balance([vip(VIP4, 3, 1)]);
    const report = await network.requests(VIP4, 10_000);
    allAnswered(report, 10_000);
    assert.ok(Math.abs(share(report, "b1") - 0.75) <= 0.02, `b1 answered ${share(report, "b1")}`);
    assert.ok(Math.abs(share(report, "b2") - 0.25) <= 0.02, `b2 answered ${share(report, "b2")}`);
  });

  it("drains a backend and loses none: what is open stays there, what is new goes elsewhere", async () => {
    network.balance([vip(VIP4, 1, 1)]);
    const held = await network.hold(VIP4, 64);
    try {
      const before = await held.ask();
      assert.ok((before.names.b1 ?? 0) > 10 && (before.names.b2 ?? 0) > 10, JSON.stringify(before));
      const running = await network.load(VIP4, 8);
      network.balance([vip(VIP4, 0, 1)]);
      const drained = await held.ask();
      assert.deepEqual(drained, { ...before, moved: 0, broken: 0 });
      allAnswered(await running.finish());
      const later = await network.requests(VIP4, 300);
      allAnswered(later, 300);
      assert.deepEqual(later.names, { b2: 300 });
      // And back: again nothing that is open moves.
      network.balance([vip(VIP4, 1, 1)]);
      assert.deepEqual(await held.ask(), { ...before, moved: 0, broken: 0 });
    } finally {
      await held.stop();
    }
  });

  it("loses no request while the program and the rings are swapped", async () => {
    network.balance([vip(VIP4, 1, 1)]);
    const running = await network.load(VIP4, SOAK ? 32 : 4);
    let swaps = 0;
    const sent = (): number => {
      const { entries } = node.must("map", "dump", "lb", "real_stats") as unknown as {
        entries: { value: string }[];
      };
      // The third counter of each CPU: new flows (struct lb_real_stats).
      return entries.reduce((sum, { value }) => {
        const bytes = Buffer.from(value, "hex");
        for (let at = 16; at < bytes.length; at += 32) sum += Number(bytes.readBigUInt64LE(at));
        return sum;
      }, 0);
    };
    const before = sent();
    do {
      network.swapProgram();
      network.balance([vip(VIP4, 1 + (swaps % 3), 1)]);
      swaps += 1;
    } while (sent() - before < UNDER_SWAPS || swaps < 10);
    const report = await running.finish();
    allAnswered(report);
    assert.ok(report.asked >= UNDER_SWAPS, `only ${report.asked} requests`);
    console.log(
      `      ${report.asked} requests during ${swaps} swaps of program and ring, none lost; the slowest took ${Math.round(report.max / 1000)} ms`,
    );
  });

  for (const v6 of [false, true]) {
    for (const mode of ["dsr-l2", "dsr-ipip", "nat"] as const) {
      it(`carries connections in mode ${mode} over ${v6 ? "IPv6" : "IPv4"}`, async () => {
        const address = `${v6 ? VIP6.slice(0, -3) : VIP4.slice(0, -3)}${VIPS[mode] ?? ""}`;
        const client = v6 ? "2001:2:0:77::30" : "198.18.77.30";
        if (mode === "nat") {
          // Their way to the client leads through the balancer.
          const [range, router] = v6 ? [`${client}/128`, "2001:2:0:77::1"] : [`${client}/32`, "198.18.77.1"];
          for (const name of ["b1", "b2"]) network.run(name, "ip", "route", "replace", range, "via", router);
        }
        network.balance([vip(address, 1, 1, mode)]);
        const report = await network.requests(address, 400);
        allAnswered(report, 400);
        assert.ok(share(report, "b1") > 0.35 && share(report, "b2") > 0.35, JSON.stringify(report.names));
      });
    }
  }
});
