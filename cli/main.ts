import { Command, CommanderError } from "commander";
import type { VerifyOptions } from "./commands/verify";
import { registerGate, registerLedger } from "./commands/gate";
import { registerFetch } from "./commands/fetch";
import { registerOperations } from "./commands/operations";
import { registerPolicy } from "./commands/policy";
import { registerRelease } from "./commands/release";
import { registerRender } from "./commands/render";
import { registerReview } from "./commands/review";
import { registerVault } from "./commands/vault";
import { registerRollout } from "./commands/rollout";
import { EXIT_STATUS, exitStatusHelp } from "./exit-status";
import { Failure, messageOf } from "./failure";
import { openTerminal } from "./terminal";

const JSON_OPTION = [
  "--json",
  "result as JSON on standard output, everything else on standard error",
] as const;
const OFFLINE_OPTION = [
  "--offline",
  "do not read the nodes first: for stacks with a node that is down",
] as const;

/** Commands are loaded when they run, so that `--help` does not wait for the Automation API. */
export function buildProgram(): Command {
  const program = new Command("platform")
    .description(
      "Brings the stacks of ebpf-platform up, shows them and takes them down, over the Pulumi engine.",
    )
    .addHelpText("after", `\n${exitStatusHelp()}`)
    .showHelpAfterError("(see platform --help)")
    .exitOverride();
  const stackCommand = (name: string, description: string) =>
    program.command(name).description(description).argument("<stack>", "a stack with a Pulumi.<stack>.yaml");

  stackCommand("up", "preview with the policy pack, update, and show the status")
    .option("--yes", "update without asking (the default)")
    .option("--ask", "ask between preview and update")
    .option(...OFFLINE_OPTION)
    .option("--skip-preview", "refused: the policy pack runs in the preview")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) => (await import("./commands/up.js")).up(stack, options));
  stackCommand("preview", "what `up` would change, policies included")
    .option(...OFFLINE_OPTION)
    .option("--expect-no-changes", "end with status 6 when there are changes")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) =>
      (await import("./commands/preview.js")).preview(stack, options),
    );
  stackCommand("refresh", "read every resource and record what is really there")
    .option("--expect-no-changes", "end with status 6 when something differs from the state")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) =>
      (await import("./commands/preview.js")).refresh(stack, options),
    );
  stackCommand("down", "destroy every resource of the stack, then the stack")
    .option("--yes", "do not ask (the lab is never asked for)")
    .option(...OFFLINE_OPTION)
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) =>
      (await import("./commands/down.js")).down(stack, options),
    );
  stackCommand("status", "nodes and BPF programs as they are now")
    .option("--verbose", "with `bpftool net list` of each node")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) =>
      (await import("./commands/status.js")).status(stack, options),
    );
  stackCommand("verify", "nodes, programs, security, cluster, load and cost, checked on the living stack")
    .option("--only <groups...>", "nodes, programs, security, cluster, load, performance")
    .option(
      "--requests <n>",
      "requests through the load balancer, at most 10000; fewer than 300 are not judged",
      "1000",
    )
    .option("--target <url>", "what k6 loads, instead of the first VIP")
    .option("--kubeconfig <file>", "the cluster to ask, instead of the stack's own")
    .option("--namespace <name>", "where the pods of the dry runs would be", "default")
    .option("--connectivity", "run Cilium's connectivity test too: it makes pods and takes minutes")
    .option("--strict", "end with status 3 when a check could not run")
    .option("--out <folder>", "write verify.json, verify.xml (JUnit) and verify.html there")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: VerifyOptions) =>
      (await import("./commands/verify.js")).verify(stack, options),
    );
  stackCommand("flows", "the largest flows of a connection tracker or flow log on one node")
    .argument("<node>", "a node of the stack")
    .argument("<program>", "a program of that node whose source is xdp_conntrack or tc_flow")
    .option("--top <n>", "how many, 1 to 10000", "20")
    .option(...JSON_OPTION)
    .action(async (stack: string, node: string, program: string, options: { top: string; json?: boolean }) =>
      (await import("./commands/flows.js")).flows(stack, node, program, options),
    );
  stackCommand("events", "what a guard, a flow log or an LSM policy reports on one node")
    .argument("<node>", "a node of the stack")
    .argument("<program>", "a guard, an LSM policy, or a program of that node whose source is tc_flow")
    .option("--seconds <n>", "how long to wait for more, 1 to 60", "2")
    .option(...JSON_OPTION)
    .action(
      async (stack: string, node: string, program: string, options: { seconds: string; json?: boolean }) =>
        (await import("./commands/events.js")).events(stack, node, program, options),
    );
  stackCommand("trace", "a named, bounded bpftrace probe on one node; see docs/tracing.md")
    .argument("<node>", "a node of the stack")
    .argument("<what>", "name of a probe, or `list`")
    .option("--seconds <n>", "how long, 1 to 60", "10")
    .option("--lines <n>", "most lines of a probe that prints events, 1 to 10000", "200")
    .action(async (stack: string, node: string, what: string, options: { seconds: string; lines: string }) =>
      (await import("./commands/trace.js")).trace(stack, node, what, options),
    );
  stackCommand("kubeconfig", "write the cluster's admin kubeconfig to a file of mode 0600")
    .option("--merge", "into the file kubectl uses (KUBECONFIG, or ~/.kube/config), beside what is there")
    .option("--output <file>", "another file (default ~/.kube/ebpf-platform-<stack>.yaml)")
    .option("--dry-run", "say what would be written, and write nothing")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) =>
      (await import("./commands/kubeconfig.js")).kubeconfig(stack, options),
    );
  stackCommand("env", 'exports that make plain pulumi work: eval "$(npx platform env lab)"').action(
    async (stack: string) => (await import("./commands/env.js")).env(stack),
  );
  program
    .command("open")
    .description("forward a port to a page of the platform, print address and login, until Ctrl-C")
    .argument("<product>", "grafana, hubble, argocd, vault or prometheus")
    .argument("[stack]", "a stack whose cluster is meant; without it the one kubectl finds")
    .option("--kubeconfig <file>", "the cluster's kubeconfig")
    .option("--port <n>", "port on 127.0.0.1, 0 for any that is free", "0")
    .option(...JSON_OPTION)
    .action(async (product: string, stack: string | undefined, options: { port: string }) =>
      (await import("./commands/open.js")).open(product, stack, options),
    );
  program
    .command("engine")
    .description("fetch or build the pinned Pulumi engine and plugins now")
    .option(...JSON_OPTION)
    .action(async (options: object) => (await import("./commands/engine.js")).engine(options));
  program
    .command("doctor")
    .description("what this machine has and what is wanted")
    .option(...JSON_OPTION)
    .action(async (options: object) => (await import("./commands/doctor.js")).doctor(options));
  registerGate(program);
  registerLedger(program);
  registerFetch(program);
  registerOperations(program);
  registerPolicy(program);
  registerRelease(program);
  registerRender(program);
  registerReview(program);
  registerVault(program);
  registerRollout(program);
  return program;
}

/** Prints the one sentence of a failure and gives the exit status. Bugs keep their stack trace. */
export function reportFailure(error: unknown, say: (text: string) => void): number {
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? EXIT_STATUS.ok.code : EXIT_STATUS.usage.code;
  if (error instanceof Failure) {
    say(error.message);
    return EXIT_STATUS[error.outcome].code;
  }
  say(error instanceof Error && error.stack ? error.stack : messageOf(error));
  return EXIT_STATUS.failed.code;
}

/** Runs the command line of this process; cli/platform.js calls it. */
export async function main(): Promise<void> {
  try {
    await buildProgram().parseAsync();
  } catch (error) {
    const { paint } = openTerminal(true);
    process.exitCode = reportFailure(error, (text) =>
      process.stderr.write(`${paint.red("platform:")} ${text}\n`),
    );
  }
}
