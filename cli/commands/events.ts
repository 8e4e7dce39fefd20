import { decodeLsmEvent, LSM_RECORD } from "@ebpf-platform/lib/lsm-events";
import { decodePacketEvent } from "@ebpf-platform/lib/packet-events";
import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers, LoaderError } from "../../components/bpf/provider/observation";
import { NodeError } from "../../components/node/ssh";
import { bounded } from "../bounded";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";
import { stackNode } from "../stack/stack-node";
import type { StackNode } from "../status/collect";
import { openTerminal } from "../terminal";
import { place, PROTOCOLS } from "./flows";

export interface EventsOptions {
  readonly seconds: string;
  readonly json?: boolean;
}

/** What a program reported, as its record says it. */
export type NodeEvent = ReturnType<typeof decodePacketEvent> | ReturnType<typeof decodeLsmEvent>;

/**
 * `platform events <stack> <node> <program>`: what a guard, a flow log or an LSM policy has reported and reports within
 * the seconds. A ring buffer has one reader: what is shown here is shown nobody else.
 */
export async function events(
  stackName: string,
  nodeName: string,
  program: string,
  options: EventsOptions,
): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const seconds = bounded("--seconds", options.seconds, 60);
  await withPreparedStack(stackName, terminal.note, { create: false }, async (stack) => {
    const records = await readEvents(await stackNode(stack, nodeName), program, seconds);
    const list = records.map((hex) => decodeEvent(Buffer.from(hex, "hex")));
    terminal.out(options.json ? eventsJson(list) : list.map(eventLine).join("\n"));
    terminal.note(`${String(list.length)} events of ${program} on ${nodeName}`);
  });
}

async function readEvents(node: StackNode, program: string, seconds: number): Promise<readonly string[]> {
  try {
    return await NodeLoader.use(
      node.name,
      node.connection,
      async (loader) =>
        answers.events(node.name, await loader.mustVerb("events", program, String(seconds))).events,
    );
  } catch (error) {
    if (error instanceof LoaderError) throw new Failure("usage", error.message);
    if (error instanceof NodeError) throw new Failure("unreachable", error.message);
    throw error;
  }
}

/** A record by its length: programs of packets and of the security hooks have records of their own. */
export function decodeEvent(bytes: Buffer): NodeEvent {
  return bytes.length === LSM_RECORD ? decodeLsmEvent(bytes) : decodePacketEvent(bytes);
}

/** Numbers that JSON cannot hold exactly are text. */
export function eventsJson(list: readonly NodeEvent[]): string {
  return JSON.stringify(
    list,
    (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value),
    2,
  );
}

/** One event as one line of a terminal. */
export function eventLine(event: NodeEvent): string {
  const time = event.time.toFixed(6).padStart(14);
  if ("comm" in event) {
    const where = event.address === undefined ? event.text : place(event.address, event.port ?? 0);
    const signal = event.signal === undefined ? "" : ` signal ${String(event.signal)}`;
    const who = `${event.comm}[${String(event.pid)}] uid ${String(event.uid)}`;
    return `${time} ${event.mode} ${event.hook} rule ${String(event.rule)} ${who} ${where}${signal}`.trimEnd();
  }
  const { hook, verdict, reason, protocol, length, sample, ifindex } = event;
  const way = `${place(event.source ?? "-", event.sourcePort)} > ${place(event.dest ?? "-", event.destPort)}`;
  const what = `${PROTOCOLS[protocol] ?? String(protocol)} ${way} ${String(length)} bytes`;
  const share = sample > 1 ? `, one of ${String(sample)}` : "";
  return `${time} ${hook} interface ${String(ifindex)} ${verdict} ${reason} ${what}${share}`;
}
