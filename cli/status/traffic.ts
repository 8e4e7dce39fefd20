import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers } from "../../components/bpf/provider/observation";
import { openSession } from "../../components/node/ssh";
import { backendStats } from "./backend-stats";
import type { StackNode, StackOutputs } from "./collect";
import type { TrafficStatus } from "./report";

export interface TrafficArgs {
  readonly client: StackNode;
  readonly edge: StackNode;
  readonly vip: NonNullable<StackOutputs["loadBalancer"]>["vips"][number];
  /** 1 to 10,000; one connection each. */
  readonly requests: number;
}

/** Seconds in which the kernel times every packet; the requests take less. */
const MEASURE_SECONDS = 3;
const REQUESTS_LIMIT_MS = 60_000;

/**
 * Sends HTTP requests from the client node to a VIP, one connection each and one after the other, while the edge measures
 * its programs: what the client got, what the programs counted, what a packet cost.
 */
export async function sendTraffic({ client, edge, vip, requests }: TrafficArgs): Promise<TrafficStatus> {
  const before = await backendStats(edge);
  const measured = NodeLoader.use(edge.name, edge.connection, (loader) =>
    loader.verb("measure", String(MEASURE_SECONDS)),
  );
  const [answered, measurement] = await Promise.all([request(client, vip.vip, requests), measured]);
  const after = await backendStats(edge);
  const roots =
    measurement === undefined
      ? []
      : answers.measure(edge.name, measurement).programs.filter(({ name }) => name.startsWith("xdp_root_"));
  const packets = roots.reduce((sum, { runs }) => sum + runs, 0);
  const nanoseconds = roots.reduce((sum, root) => sum + root.nanoseconds, 0);
  const total = Object.values(answered).reduce((sum, count) => sum + count, 0);
  return {
    vip: vip.vip,
    requests,
    failed: requests - total,
    answeredBy: answered,
    counted: Object.fromEntries(
      vip.backends.map(({ name, real }) => [
        name,
        (after.get(real)?.newFlows ?? 0) - (before.get(real)?.newFlows ?? 0),
      ]),
    ),
    ...(packets > 0 ? { nanosecondsPerPacket: nanoseconds / packets } : {}),
    packets,
  };
}

/** Answers by the first word of their body, which is the backend's name. */
async function request(client: StackNode, vip: string, requests: number): Promise<Record<string, number>> {
  const address = vip.slice(0, vip.lastIndexOf("/"));
  // One curl process for all; "Connection: close" makes each request a flow of its own.
  const command = `curl --silent --fail --max-time 5 --header 'Connection: close' 'http://${address}/[1-${String(requests)}]'`;
  const session = await openSession(client.connection, { node: client.name, deadlineMs: 20_000 });
  try {
    const { stdout } = await session.exec(command, { timeoutMs: REQUESTS_LIMIT_MS, maxBytes: 1 << 20 });
    const counts: Record<string, number> = {};
    for (const line of stdout.split("\n")) {
      const [name = ""] = line.split(" ");
      if (name !== "") counts[name] = (counts[name] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
  } finally {
    session.close();
  }
}
