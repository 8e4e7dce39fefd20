import { decodeRealStats, type LbRealStats } from "@ebpf-platform/lib/lb-stats";
import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers } from "../../components/bpf/provider/observation";
import { NodeError } from "../../components/node/ssh";
import type { StackNode } from "./collect";

/** Counters of the load balancer on a node by real id; empty while the node or the program cannot be asked. */
export async function backendStats(edge: StackNode): Promise<Map<number, LbRealStats>> {
  try {
    const text = await NodeLoader.use(edge.name, edge.connection, (loader) =>
      loader.verb("map", "dump", "lb", "real_stats"),
    );
    return text === undefined ? new Map() : decodeRealStats(answers.mapDump(edge.name, text).entries);
  } catch (error) {
    // The report names the same trouble in the rows of the node and of the program.
    if (error instanceof NodeError || (error instanceof Error && error.name === "LoaderError"))
      return new Map();
    throw error;
  }
}
