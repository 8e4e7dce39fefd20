import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { encodeLbMaps, type LbVip } from "../../lib/src/lb-maps";
import { LbNetwork } from "../../test/bpf/loader/lb-network";
import { buildFaultyLoader, PrivateNode, type TestProgram } from "../../test/bpf/loader/private-node";

const HOSTS = { client: 30, b1: 21, b2: 22 };
/** The first VIP, which the client asks. */
export const VIP = "198.18.77.100";
export const BACKEND_PORT = 8080;
/** The balancing node's own address. */
export const NODE = "198.18.77.1";
const CLIENT = "198.18.77.30";

function natVips(count: number): LbVip[] {
  const backends = (["b1", "b2"] as const).map((name) => ({
    name,
    address: `198.18.77.${String(HOSTS[name])}`,
    mac: `02:00:00:00:77:${HOSTS[name].toString(16)}`,
    port: BACKEND_PORT,
    weight: 1,
  }));
  return Array.from({ length: count }, (_, index) => ({
    address: index === 0 ? VIP : `198.19.${String(index >> 8)}.${String(index & 255)}`,
    port: 80,
    protocol: "tcp",
    mode: "nat",
    backends,
  }));
}

/** Client, balancing node and two servers whose way to the client leads through the node. */
export class World {
  private readonly encoded = new Map<number, ReturnType<typeof encodeLbMaps>["files"]>();
  private undo: (() => void) | undefined;

  private constructor(
    readonly node: PrivateNode,
    readonly network: LbNetwork,
  ) {}

  static async start(): Promise<World> {
    const node = await PrivateNode.start(buildFaultyLoader());
    const network = await LbNetwork.start(node, HOSTS);
    for (const name of ["b1", "b2"] as const) {
      await network.serve(name, BACKEND_PORT, `198.18.77.${String(HOSTS[name])}`);
      network.run(name, "ip", "route", "replace", `${CLIENT}/32`, "via", NODE);
    }
    node.run("ip", "address", "replace", `${VIP}/32`, "dev", "host0");
    node.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0");
    node.run("sysctl", "-qw", "net.ipv4.conf.host0.send_redirects=0");
    return new World(node, network);
  }

  async stop(): Promise<void> {
    await this.network.stop();
    await this.node.stop();
  }

  /** Takes the last variant away. */
  clear(): void {
    this.undo?.();
    this.undo = undefined;
  }

  /** Lets a program of ours balance for so many VIPs. */
  balance(hook: "xdp" | "tc", vips: number): void {
    const xdp = {
      function: "xdp_lb",
      attach: { hook: "xdp", interface: "host0", slot: 0, mode: "native" },
    } as const;
    const tc = {
      function: "tc_lb",
      attach: { hook: "tc", interface: "host0", direction: "ingress" },
    } as const;
    this.attach({
      name: "lb",
      source: hook === "xdp" ? "bpf/xdp_lb.bpf.c" : "bench/e2e/tc_lb.bpf.c",
      programs: [hook === "xdp" ? xdp : tc],
    });
    let files = this.encoded.get(vips);
    if (!files) this.encoded.set(vips, (files = encodeLbMaps(natVips(vips)).files));
    const words = [...files].flatMap(([map, bytes]) => {
      writeFileSync(`${this.node.root}/run/${map}`, bytes);
      return [map, `/run/${map}`];
    });
    this.node.must("map", "put", "lb", ...words);
  }

  attach(program: TestProgram): void {
    const { error } = this.node.apply(program);
    if (error) throw new Error(JSON.stringify(error));
    this.undo = () => this.node.must("remove", program.name ?? "", "--maps");
  }

  /** Lets netfilter translate to either server, behind so many rules for other addresses; all are removed again. */
  iptables(rules: number): void {
    const others = Array.from(
      { length: rules - 1 },
      (_, index) =>
        `-A PREROUTING -d 198.19.${String(index >> 8)}.${String(index & 255)}/32 -p tcp --dport 80 -j DNAT --to-destination 198.18.77.21:8080`,
    );
    const ours = `-A PREROUTING -d ${VIP}/32 -p tcp --dport 80`;
    const text = [
      "*nat",
      ...others,
      `${ours} -m statistic --mode random --probability 0.5 -j DNAT --to-destination 198.18.77.21:8080`,
      `${ours} -j DNAT --to-destination 198.18.77.22:8080`,
      "COMMIT",
      "",
    ].join("\n");
    const [command, args] = this.node.words(["iptables-restore"]);
    const { status, stderr } = spawnSync(command, args, { input: text, encoding: "utf8" });
    if (status !== 0) throw new Error(`iptables-restore ended with ${String(status)}: ${stderr}`);
    this.undo = () => this.node.run("iptables", "-t", "nat", "-F");
  }
}
