import type { LoadBalancerConfig, VipConfig } from "@ebpf-platform/lib/config";
import { type CheckedVip, healthDocument } from "@ebpf-platform/lib/lb-health";
import { backendIdentity, encodeLbMaps, vipIdentity } from "@ebpf-platform/lib/lb-maps";
import type { LbNumbers } from "@ebpf-platform/lib/lb-numbers";
import { nspawnMac } from "@ebpf-platform/lib/node-mac";
import * as pulumi from "@pulumi/pulumi";
import { BpfMap } from "../bpf/map";
import { BpfObject } from "../bpf/object";
import { BpfProgram, loaderSha256 } from "../bpf/program";
import type { Fleet } from "../node/fleet";
import { NodeCommand } from "../node/node-command";
import { backendMacs, type Macs } from "./backend-macs";
import { LbNumbering } from "./lb-numbering";

export interface XdpLoadBalancerArgs {
  readonly fleet: Fleet;
  readonly config: LoadBalancerConfig;
  /** Where the object is built. */
  readonly build: "once" | "node";
}

/** The program's name on its node. */
export const PROGRAM = "lb";

/** One VIP with the numbers under which the data plane counts it. */
export interface VipOutput {
  /** `198.18.10.100:80/tcp`. */
  readonly vip: string;
  readonly mode: string;
  /** Key of the VIP in the maps `vip_stats` and `splits`. */
  readonly index: number;
  /** `real`: key of the backend in the maps `reals` and `real_stats`. */
  readonly backends: readonly {
    readonly name: string;
    readonly weight: number;
    readonly real: number;
    readonly candidate: boolean;
  }[];
}

/**
 * The XDP load balancer of a stack: program and maps on one node, and the virtual addresses on it and, for the dsr modes,
 * on the backends. Its data path is described in docs/load-balancer.md.
 */
export class XdpLoadBalancer extends pulumi.ComponentResource {
  readonly program: BpfProgram;
  readonly vips: pulumi.Output<readonly VipOutput[]>;

  constructor(name: string, args: XdpLoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:load-balancer:XdpLoadBalancer", name, {}, opts);
    const { fleet, config, build } = args;
    const { assigned } = new LbNumbering(
      `${name}-numbers`,
      {
        vips: config.vips.map(vipIdentity),
        backends: config.vips.flatMap((vip) =>
          vip.backends.map(({ node }) => backendIdentity(vip, { name: node })),
        ),
      },
      { parent: this },
    );
    const macs = backendMacs(name, fleet, config, this);
    const vips = macs.apply((known) => config.vips.map((vip) => encodable(vip, fleet, known)));
    const settings = { tunnel4: fleet.node(config.node).config.address };
    const contents = pulumi.all([vips, assigned]).apply(([list, numbers]) => {
      const { files } = encodeLbMaps(list, settings, numbers);
      return [...files].map(([map, bytes]) => ({ map, bytes }));
    });
    const holders = vipHolders(config.vips);
    const edge = fleet.node(config.node).machine;

    const object = new BpfObject(`${name}-object`, { source: "xdp_lb", build }, { parent: this });
    // The node is part of the names, so that a preview says where something changes.
    this.program = new BpfProgram(
      `${config.node}-${name}`,
      {
        machine: edge,
        object,
        askedBy: "loadBalancer",
        program: {
          name: PROGRAM,
          attach: { hook: "xdp", interface: config.interface, slot: config.slot, mode: "native" },
          constants: {},
          maps: {},
          takeover: false,
          healthSeconds: 5,
        },
      },
      { parent: this },
    );
    // Backends hold the VIPs before the first packet is sent to them.
    const held = [...holders].map(
      ([node, addresses]) =>
        new NodeCommand(
          `${name}-vip-${node}`,
          {
            machine: fleet.node(node).machine,
            script: "components/load-balancer/scripts/vip-up.sh",
            args: { VIPS: addresses.join(" "), DEVICE: "lo" },
            kind: { undo: "components/load-balancer/scripts/vip-down.sh" },
            timeoutSeconds: 60,
          },
          { parent: this },
        ),
    );
    const maps = new BpfMap(
      `${config.node}-${name}-maps`,
      { program: this.program, contents },
      { parent: this, dependsOn: held },
    );
    if (config.vips.some(({ health }) => health)) {
      const checks = pulumi
        .all([vips, assigned])
        .apply(([list, numbers]) => JSON.stringify(healthDocument(PROGRAM, list, numbers)));
      new NodeCommand(
        `${name}-health-${config.node}`,
        {
          machine: edge,
          script: "components/load-balancer/scripts/health-up.sh",
          args: { CHECKS: checks, LOADER: loaderSha256() },
          kind: { undo: "components/load-balancer/scripts/health-down.sh" },
          timeoutSeconds: 60,
        },
        { parent: this, dependsOn: maps },
      );
    }
    // Last: from here on the edge answers for the VIPs on the wire.
    new NodeCommand(
      `${name}-vip-${config.node}`,
      {
        machine: edge,
        script: "components/load-balancer/scripts/vip-up.sh",
        args: {
          VIPS: [...new Set(config.vips.map(({ address }) => address))].join(" "),
          DEVICE: config.interface,
        },
        kind: { undo: "components/load-balancer/scripts/vip-down.sh" },
        timeoutSeconds: 60,
      },
      { parent: this, dependsOn: maps },
    );

    this.vips = assigned.apply((numbers) => config.vips.map((vip) => vipOutput(vip, numbers)));
    this.registerOutputs({ vips: this.vips });
  }
}

function vipOutput(vip: VipConfig, numbers: LbNumbers): VipOutput {
  return {
    vip: vipIdentity(vip),
    mode: vip.mode,
    index: numbers.vips.indexOf(vipIdentity(vip)),
    backends: vip.backends.map(({ node, weight, candidate }) => ({
      name: node,
      weight,
      candidate,
      real: numbers.reals.findIndex(({ backend }) => backend === backendIdentity(vip, { name: node })),
    })),
  };
}

/** A VIP of the config with its backends' addresses. */
function encodable({ backendPort, ...vip }: VipConfig, fleet: Fleet, macs: Macs): CheckedVip {
  return {
    ...vip,
    backends: vip.backends.map(({ node, weight, candidate, address }) => ({
      name: node,
      address: address ?? fleet.node(node).config.address,
      // A machine of ours has a MAC address that follows from its address; of another stack's the config says that it is one.
      mac: address === undefined ? (macs[node] ?? "") : nspawnMac(address),
      weight,
      candidate,
      ...(backendPort !== undefined && { port: backendPort }),
    })),
  };
}

/** Which backends hold which VIPs on their loopback: those that answer clients directly. */
function vipHolders(vips: readonly VipConfig[]): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { address, mode, backends } of vips) {
    if (mode === "nat") continue;
    for (const { node, address: elsewhere } of backends) {
      // A candidate of another stack is made ready by that stack's split.
      if (elsewhere !== undefined) continue;
      const held = holders.get(node) ?? [];
      if (!held.includes(address)) holders.set(node, [...held, address]);
    }
  }
  return holders;
}
