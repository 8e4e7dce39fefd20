import { readFileSync } from "node:fs";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { judgeProgram } from "@ebpf-platform/lib/verify/programs";
import {
  fail,
  notRun,
  type CheckGroup,
  type CheckResult,
  type VerifyReport,
} from "@ebpf-platform/lib/verify/result";
import { readKubeconfig, type ApiServer } from "../../components/cluster/provider/kubeconfig";
import { Failure, messageOf } from "../failure";
import { collectStatus, parseOutputs, type StackOutputs } from "../status/collect";
import type { ProgramStatus } from "../status/report";
import { checkCilium } from "./cilium";
import { checkCluster } from "./cluster";
import { checkLoad } from "./load";
import { checkNode } from "./nodes";

export interface VerifyArgs {
  readonly groups: readonly CheckGroup[];
  /** Requests through the load balancer, 300 to 10,000. */
  readonly requests: number;
  readonly target?: string;
  /** File; the kubeconfig of the stack's outputs without it. */
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly connectivity: boolean;
}

/** Runs the checks of the groups. Nothing on nodes or cluster changes, but for the traffic of the load. */
export async function verifyStack(
  stack: string,
  outputMap: OutputMap,
  args: VerifyArgs,
  note: (text: string) => void,
): Promise<VerifyReport> {
  const started = new Date();
  const outputs = parseOutputs(stack, outputMap);
  const wants = (group: CheckGroup): boolean => args.groups.includes(group);
  const checks: CheckResult[] = [];

  if (wants("nodes") || wants("security") || wants("cluster")) {
    note(`asking ${String(outputs.nodes.length)} nodes`);
    checks.push(...(await Promise.all(outputs.nodes.map(checkNode))).flat());
  }
  let programs: readonly ProgramStatus[] = [];
  if (wants("programs") || wants("load") || wants("performance")) {
    note("reading the programs");
    programs = (await collectStatus(stack, outputMap)).programs;
    checks.push(...checkPrograms(outputs, programs));
  }
  if (wants("load") || wants("performance")) {
    note(`sending ${String(args.requests)} requests`);
    const { requests, target } = args;
    checks.push(
      ...(await checkLoad({ outputs, programs, requests, ...(target === undefined ? {} : { target }) })),
    );
    checks.push(...elsewhere());
  }
  if (wants("cluster") || wants("security")) {
    note("asking the cluster");
    checks.push(...(await checkStackCluster(outputs.stage, outputMap, args)));
  }
  return {
    stack,
    stage: outputs.stage,
    release: outputs.release,
    startedAt: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    checks: checks.filter(({ group }) => wants(group)),
  };
}

function checkPrograms(outputs: StackOutputs, found: readonly ProgramStatus[]): CheckResult[] {
  return outputs.programs.map(({ name, node, objectSha256 }) => ({
    id: "program.attached",
    group: "programs",
    title: `${name} is attached from the object of the stack's state`,
    subject: node,
    outcome: judgeProgram(
      found.filter((program) => program.node === node && program.name === name),
      objectSha256,
    ),
    seconds: 0,
  }));
}

/** What this verb names and another command measures. */
function elsewhere(): CheckResult[] {
  const named = [
    ["performance.iptables", "XDP against iptables", "`npm run bench:e2e` measures it, off the nodes"],
    [
      "performance.iperf3",
      "throughput with and without the programs",
      "`npm run bench:e2e` measures it, off the nodes",
    ],
    [
      "performance.sidecars",
      "memory without sidecars against sidecars",
      "no service mesh with sidecars is deployed",
    ],
  ] as const;
  return named.map(([id, title, missing]) => ({
    id,
    group: "performance",
    title,
    subject: "",
    outcome: notRun(missing),
    seconds: 0,
  }));
}

async function checkStackCluster(
  stage: string,
  outputs: OutputMap,
  args: VerifyArgs,
): Promise<CheckResult[]> {
  const reachable = {
    id: "cluster.reachable",
    group: "cluster",
    title: "the API server answers",
    subject: "",
  } as const;
  let server: ApiServer | undefined;
  try {
    server = apiServer(outputs, args.kubeconfig);
    if (!server) {
      const missing = "the stack has no cluster of its own, and --kubeconfig was not given";
      return [{ ...reachable, outcome: notRun(missing), seconds: 0 }];
    }
    return [
      ...(await checkCluster({ server, stage, namespace: args.namespace })),
      ...(await checkCilium(args.kubeconfig, args.connectivity)),
    ];
  } catch (error) {
    if (error instanceof Failure) throw error;
    const outcome = fail(messageOf(error), "see `platform status` and k3s on the server");
    return [{ ...reachable, outcome, seconds: 0 }];
  }
}

function apiServer(outputs: OutputMap, file: string | undefined): ApiServer | undefined {
  if (file !== undefined) {
    try {
      return readKubeconfig(readFileSync(file, "utf8"));
    } catch (error) {
      throw new Failure("usage", `--kubeconfig ${file} cannot be used: ${messageOf(error)}`);
    }
  }
  const text: unknown = outputs.kubeconfig?.value;
  return typeof text === "string" && text !== "" ? readKubeconfig(text) : undefined;
}
