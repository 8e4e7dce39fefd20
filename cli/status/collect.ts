import type { OutputMap } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers, type Observation } from "../../components/bpf/provider/observation";
import type { NodeConnection } from "../../components/node/connection";
import { NodeError, openSession, type NodeSession } from "../../components/node/ssh";
import { Failure, messageOf } from "../failure";
import { backendStats } from "./backend-stats";
import type { NodeStatus, ProgramStatus, StatusReport, TrafficStatus, VipStatus } from "./report";
import { sendTraffic } from "./traffic";

const connection: z.ZodType<NodeConnection> = z.lazy(() =>
  z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    privateKey: z.string(),
    hostKey: z.string(),
    proxy: connection.optional(),
  }),
);

const node = z.object({
  name: z.string(),
  role: z.string(),
  driver: z.string(),
  address: z.string(),
  connection,
});

/** The outputs of index.ts that a report is made from. */
const stackOutputs = z.object({
  stage: z.string(),
  release: z.string(),
  nodes: z.array(node),
  programs: z.array(z.object({ name: z.string(), node: z.string(), objectSha256: z.string().optional() })),
  loadBalancer: z
    .object({
      node: z.string(),
      vips: z.array(
        z.object({
          vip: z.string(),
          mode: z.string(),
          index: z.number(),
          backends: z.array(z.object({ name: z.string(), weight: z.number(), real: z.number() })),
        }),
      ),
    })
    .optional(),
});

export type StackOutputs = z.infer<typeof stackOutputs>;
export type StackNode = z.infer<typeof node>;

export interface CollectOptions {
  /** Adds `bpftool net list` of each node. */
  readonly verbose?: boolean;
  /** Requests that the stack's client sends through the first VIP while the cost is measured; 0 sends none. Default 0. */
  readonly requests?: number;
}

/** How long one node may take to answer; all are asked at once. */
const NODE_DEADLINE_MS = 20_000;

/** The outputs of a stack in their shape. Throws a `Failure` when its last update did not finish. */
export function parseOutputs(stack: string, outputs: OutputMap): StackOutputs {
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, output.value as unknown]),
  );
  const parsed = stackOutputs.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Failure(
    "failed",
    `Stack ${stack} has no nodes to ask: its last update did not finish; run \`platform up ${stack}\`.`,
  );
}

/** Asks every node of a stack what it runs. A node that does not answer is a line of the report, not an error. */
export async function collectStatus(
  stack: string,
  outputMap: OutputMap,
  options: CollectOptions = {},
): Promise<StatusReport> {
  const outputs = parseOutputs(stack, outputMap);
  const answers = await Promise.all(outputs.nodes.map((one) => askNode(one, outputs, options)));
  const traffic = await trafficOf(outputs, options.requests ?? 0);
  // After the traffic, so that the table and the requests above it agree.
  const vips = await vipsOf(outputs);
  return {
    stack,
    stage: outputs.stage,
    release: outputs.release,
    nodes: answers.map((answer) => answer.node),
    programs: answers.flatMap((answer) => answer.programs),
    vips,
    ...(traffic ? { traffic } : {}),
  };
}

interface NodeAnswer {
  readonly node: NodeStatus;
  readonly programs: readonly ProgramStatus[];
}

async function askNode(one: StackNode, outputs: StackOutputs, options: CollectOptions): Promise<NodeAnswer> {
  const facts = { name: one.name, role: one.role, driver: one.driver, address: one.address };
  const wanted = outputs.programs.filter((program) => program.node === one.name).map(({ name }) => name);
  try {
    const session = await openSession(one.connection, { node: one.name, deadlineMs: NODE_DEADLINE_MS });
    try {
      const status = await askSystem(session, facts, options);
      return { node: status, programs: wanted.length === 0 ? [] : await observe(one, wanted) };
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { node: { ...facts, state: "unreachable", problems: [error.message] }, programs: [] };
  }
}

/** State, kernel and age of pid 1 in one round trip; failed units follow, one a line. */
const SYSTEM_FACTS =
  "systemctl is-system-running; uname -r; ps -o etimes= -p 1; systemctl --failed --plain --no-legend | cut -d' ' -f1";

async function askSystem(
  session: NodeSession,
  facts: Pick<NodeStatus, "name" | "role" | "driver" | "address">,
  options: CollectOptions,
): Promise<NodeStatus> {
  const system = await session.exec(SYSTEM_FACTS, { timeoutMs: NODE_DEADLINE_MS });
  const [state = "unknown", kernel = "", uptime = "", ...failed] = system.stdout.trim().split("\n");
  const net = options.verbose
    ? (await session.exec("bpftool net list", { timeoutMs: NODE_DEADLINE_MS })).stdout.trim()
    : undefined;
  return {
    ...facts,
    state,
    kernel,
    uptimeSeconds: Number(uptime),
    problems: failed.map(
      (unit) => `The unit ${unit} failed on node ${facts.name}; see journalctl -u ${unit} there.`,
    ),
    ...(net === undefined ? {} : { bpftoolNet: net }),
  };
}

async function observe(one: StackNode, wanted: readonly string[]): Promise<ProgramStatus[]> {
  const text = await NodeLoader.use(one.name, one.connection, (loader) => loader.verb("observe"));
  if (text === undefined) return wanted.map((program) => lost(one.name, program, "the node has no loader"));
  try {
    const { programs } = answers.observe(one.name, text);
    return wanted.flatMap((program) => {
      const found = programs.find(({ name }) => name === program);
      return found ? programRows(one.name, found) : [lost(one.name, program, "it is not on the node")];
    });
  } catch (error) {
    return wanted.map((program) => lost(one.name, program, messageOf(error)));
  }
}

function lost(node: string, program: string, problem: string): ProgramStatus {
  return { node, name: program, function: program, hook: "-", place: "", pins: 0, problems: [problem] };
}

function programRows(name: string, observation: Observation): ProgramStatus[] {
  const problems = observation.problems.map(({ detail }) => `${detail}.`);
  return observation.targets.map((target) => ({
    node: name,
    name: observation.name,
    function: target.function,
    hook: target.hook,
    place:
      target.interface === undefined
        ? (target.target ?? "")
        : `${target.interface} ${target.direction ?? `slot ${String(target.slot ?? 0)}`}`,
    pins: observation.pins.length,
    problems,
    ...(observation.objectSha256 === null ? {} : { objectSha256: observation.objectSha256 }),
    ...(target.mode ? { mode: target.mode } : {}),
    ...(target.program
      ? {
          id: target.program.id,
          instructions: target.program.verifiedInsns,
          jitedBytes: target.program.jitedBytes,
        }
      : {}),
  }));
}

async function vipsOf({ loadBalancer, nodes }: StackOutputs): Promise<VipStatus[]> {
  const edge = nodes.find(({ name }) => name === loadBalancer?.node);
  if (!loadBalancer || !edge) return [];
  const stats = await backendStats(edge);
  return loadBalancer.vips.map(({ vip, mode, backends }) => ({
    vip,
    mode,
    backends: backends.map(({ name, weight, real }) => ({
      name,
      weight,
      connections: stats.get(real)?.newFlows ?? 0,
      packets: stats.get(real)?.packets ?? 0,
      bytes: stats.get(real)?.bytes ?? 0,
    })),
  }));
}

async function trafficOf(
  { loadBalancer, nodes }: StackOutputs,
  requests: number,
): Promise<TrafficStatus | undefined> {
  const client = nodes.find(({ role }) => role === "client");
  const edge = nodes.find(({ name }) => name === loadBalancer?.node);
  const vip = loadBalancer?.vips.find((one) => one.vip.endsWith("/tcp"));
  if (requests === 0 || !client || !edge || !vip) return undefined;
  return sendTraffic({ client, edge, vip, requests });
}
