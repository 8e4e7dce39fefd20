import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestProgram } from "../../test/bpf/loader/private-node";
import { NODE, type World } from "./world";

/** Gigabits per second of one TCP connection from the client to the node, one number for each round. */
export interface Throughput {
  readonly name: string;
  readonly gigabits: number[];
}

const xdp = (name: string): TestProgram => ({
  name: name.replace("_", "-"),
  source: `bpf/${name}.bpf.c`,
  programs: [{ function: name, attach: { hook: "xdp", interface: "host0", slot: 0, mode: "native" } }],
});
const PROGRAMS: readonly (readonly [string, TestProgram | undefined])[] = [
  ["no program", undefined],
  ["xdp_conntrack", xdp("xdp_conntrack")],
  ["xdp_guard", xdp("xdp_guard")],
  ["xdp_lb", xdp("xdp_lb")],
  [
    "tc_flow",
    {
      name: "tc-flow",
      source: "bpf/tc_flow.bpf.c",
      programs: [{ function: "tc_flow", attach: { hook: "tc", interface: "host0", direction: "ingress" } }],
    },
  ],
];

/** iperf3 with and without each program on the receiving interface; nothing where iperf3 is not installed. */
export async function measureThroughput(world: World, rounds: number): Promise<Throughput[]> {
  if (spawnSync("iperf3", ["--version"]).status !== 0) return [];
  const [command, args] = world.node.words(["iperf3", "--server", "--forceflush"]);
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface({ input: server.stdout }), "line");
  const all = PROGRAMS.map(([name]): Throughput => ({ name, gigabits: [] }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, [name, program]] of PROGRAMS.entries()) {
        console.error(`iperf3, round ${String(round + 1)}: ${name}`);
        if (program) world.attach(program);
        const text = world.network.run("client", "iperf3", "--client", NODE, "--time", "1", "--json");
        const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
        all[index]?.gigabits.push(end.sum_received.bits_per_second / 1e9);
        world.clear();
      }
    }
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  return all;
}
