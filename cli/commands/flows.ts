import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers, LoaderError, type FlowList } from "../../components/bpf/provider/observation";
import { NodeError } from "../../components/node/ssh";
import { bounded } from "../bounded";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";
import { stackNode } from "../stack/stack-node";
import type { StackNode } from "../status/collect";
import { table } from "../table";
import { openTerminal } from "../terminal";

export interface FlowsOptions {
  readonly top: string;
  readonly json?: boolean;
}

/** `platform flows <stack> <node> <program>`: the largest flows of a table; changes nothing. */
export async function flows(
  stackName: string,
  nodeName: string,
  program: string,
  options: FlowsOptions,
): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const top = bounded("--top", options.top, 10_000);
  await withPreparedStack(stackName, terminal.note, { create: false }, async (stack) => {
    const list = await readFlows(await stackNode(stack, nodeName), program, top);
    terminal.out(options.json ? JSON.stringify(list, null, 2) : renderFlows(list));
  });
}

async function readFlows(node: StackNode, program: string, top: number): Promise<FlowList> {
  try {
    return await NodeLoader.use(node.name, node.connection, async (loader) =>
      answers.flows(node.name, await loader.mustVerb("flows", program, String(top))),
    );
  } catch (error) {
    if (error instanceof LoaderError) throw new Failure("usage", error.message);
    if (error instanceof NodeError) throw new Failure("unreachable", error.message);
    throw error;
  }
}

/** The list as a table for a terminal. */
export function renderFlows({ total, flows: rows }: FlowList): string {
  const drawn = table(
    ["PROTO", "SOURCE", "DESTINATION", "STATE", "PACKETS", "BYTES", "IDLE"],
    rows.map((flow) => [
      PROTOCOLS[flow.protocol] ?? String(flow.protocol),
      place(flow.source, flow.sourcePort),
      place(flow.dest, flow.destPort),
      flow.state,
      String(flow.packets),
      String(flow.bytes),
      `${flow.idleSeconds.toFixed(1)}s`,
    ]),
  );
  return `${drawn}\n\n${String(rows.length)} of ${String(total)} flows\n`;
}

/** Names of transport protocols by their IANA number. */
export const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

/** Address and port; flows without ports have port 0. */
export function place(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
