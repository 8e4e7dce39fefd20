import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeAnswers, judgeK6, judgeOverhead, judgeShares } from "@ebpf-platform/lib/verify/load";
import { notRun, type CheckResult, type Outcome } from "@ebpf-platform/lib/verify/result";
import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers } from "../../components/bpf/provider/observation";
import { openSession } from "../../components/node/ssh";
import { projectRoot } from "../../components/project-root";
import { messageOf } from "../failure";
import { runCommand } from "../run-command";
import type { StackNode, StackOutputs } from "../status/collect";
import type { ProgramStatus } from "../status/report";
import { sendTraffic } from "../status/traffic";

/** Seconds over which the kernel times the programs. */
const MEASURE_SECONDS = 5;
/** Hooks whose programs carry traffic; all others watch. */
const NETWORKING: ReadonlySet<string> = new Set(["xdp", "tc"]);

export interface LoadArgs {
  readonly outputs: StackOutputs;
  readonly programs: readonly ProgramStatus[];
  readonly requests: number;
  /** URL for k6; the first TCP address of the load balancer without it. */
  readonly target?: string;
}

/** Requests through the first VIP, and what our programs cost meanwhile on each node that has some. */
export async function checkLoad(args: LoadArgs): Promise<CheckResult[]> {
  const { outputs, programs } = args;
  const loaded = outputs.nodes.filter(({ name }) => programs.some(({ node }) => node === name));
  const [answered, ...costs] = await Promise.all([
    requestVip(args),
    ...loaded.map((node) => measureNode(node, programs)),
  ]);
  return [...answered, await runK6(args), ...costs];
}

const answersCheck = {
  id: "load.answers",
  group: "load",
  title: "requests to the VIP are answered",
} as const;
const sharesCheck = {
  id: "load.shares",
  group: "load",
  title: "backends get what their weights say",
} as const;

async function requestVip({ outputs, requests }: LoadArgs): Promise<CheckResult[]> {
  const { loadBalancer, nodes } = outputs;
  const client = nodes.find(({ role }) => role === "client");
  const edge = nodes.find(({ name }) => name === loadBalancer?.node);
  const vip = loadBalancer?.vips.find((one) => one.vip.endsWith("/tcp"));
  const both = (outcome: Outcome, subject: string): CheckResult[] =>
    [answersCheck, sharesCheck].map((check) => ({ ...check, subject, outcome, seconds: 0 }));
  if (!vip || !edge) return both(notRun("the stack has no load balancer with a TCP address"), "");
  if (!client) return both(notRun("the stack has no node with the role client"), vip.vip);
  const started = Date.now();
  try {
    const traffic = await sendTraffic({ client, edge, vip, requests });
    const seconds = (Date.now() - started) / 1000;
    const weights = Object.fromEntries(vip.backends.map(({ name, weight }) => [name, weight]));
    return [
      {
        ...answersCheck,
        subject: vip.vip,
        outcome: judgeAnswers(requests, traffic.failed),
        seconds,
        ...(traffic.nanosecondsPerPacket === undefined
          ? {}
          : {
              figures: [
                { label: "chain of the edge", value: traffic.nanosecondsPerPacket, unit: "ns a packet" },
              ],
            }),
      },
      { ...sharesCheck, subject: vip.vip, outcome: judgeShares(traffic.counted, weights), seconds: 0 },
    ];
  } catch (error) {
    return both(notRun(messageOf(error)), vip.vip);
  }
}

async function measureNode(node: StackNode, programs: readonly ProgramStatus[]): Promise<CheckResult> {
  const started = Date.now();
  const check = {
    id: "performance.overhead",
    group: "performance",
    title: "our programs stay within their share of the processors under this load",
    subject: node.name,
  } as const;
  try {
    const cpus = await processors(node);
    const text = await NodeLoader.use(node.name, node.connection, (loader) =>
      loader.mustVerb("measure", String(MEASURE_SECONDS)),
    );
    const measured = answers.measure(node.name, text);
    const own = programs.filter((program) => program.node === node.name);
    const time = (networking: boolean): number =>
      measured.programs
        .filter(({ name, id }) => {
          const hook = name.startsWith("xdp_root_") ? "xdp" : own.find((program) => program.id === id)?.hook;
          return hook !== undefined && NETWORKING.has(hook) === networking;
        })
        .reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
    const judged = judgeOverhead({
      seconds: measured.seconds,
      cpus,
      networking: time(true),
      observability: time(false),
    });
    return { ...check, ...judged, seconds: (Date.now() - started) / 1000 };
  } catch (error) {
    return { ...check, outcome: notRun(messageOf(error)), seconds: (Date.now() - started) / 1000 };
  }
}

async function processors(node: StackNode): Promise<number> {
  const session = await openSession(node.connection, { node: node.name, deadlineMs: 20_000 });
  try {
    return Number((await session.exec("nproc", { timeoutMs: 20_000 })).stdout);
  } finally {
    session.close();
  }
}

/** Load from this machine with k6, where it is installed and the address can be reached from here. */
async function runK6({ outputs, target }: LoadArgs): Promise<CheckResult> {
  const check = { id: "load.k6", group: "load", title: "steady load of k6 from this machine" } as const;
  const vip = outputs.loadBalancer?.vips.find((one) => one.vip.endsWith("/tcp"))?.vip;
  const url = target ?? (vip === undefined ? undefined : `http://${vip.slice(0, vip.lastIndexOf("/"))}/`);
  const none = (missing: string): CheckResult => ({
    ...check,
    subject: url ?? "",
    outcome: notRun(missing),
    seconds: 0,
  });
  if (url === undefined)
    return none("no address: the stack has no load balancer, and --target was not given");
  if ((await runCommand("k6", ["version"], { timeoutMs: 20_000 })).code !== 0)
    return none("k6 is not on PATH");
  const folder = mkdtempSync(join(tmpdir(), "verify-"));
  const started = Date.now();
  try {
    const summary = join(folder, "summary.json");
    const script = join(projectRoot(), "verify", "load.k6.mjs");
    const { stderr } = await runCommand("k6", ["run", "--quiet", "--summary-export", summary, script], {
      env: { ...process.env, TARGET: url },
      timeoutMs: 120_000,
    });
    let found: unknown;
    try {
      found = JSON.parse(readFileSync(summary, "utf8"));
    } catch {
      return none(`k6 wrote no summary: ${stderr.trim().split("\n").at(-1) ?? ""}`);
    }
    return { ...check, subject: url, ...judgeK6(found), seconds: (Date.now() - started) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
