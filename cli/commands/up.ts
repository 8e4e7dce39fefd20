import { createInterface } from "node:readline/promises";
import { reviveMachines } from "../../components/node/revive";
import { requireParts } from "../air-gap/preflight";
import { projectRoot } from "../../components/project-root";
import { refuseDuringRollout } from "../rollout/driver-lock";
import { changeLine } from "../stack/changes";
import { Failure } from "../failure";
import { isAbsent, withPreparedStack } from "../stack/open";
import { endLine, runOperation } from "../stack/operation";
import { dropPendingOperations } from "../stack/pending";
import { collectStatus } from "../status/collect";
import { renderStatus } from "../status/render";
import { isHealthy } from "../status/report";
import { openTerminal, type Terminal } from "../terminal";

export interface UpOptions {
  ask?: boolean;
  offline?: boolean;
  json?: boolean;
  skipPreview?: boolean;
}

/** Requests that a stack with a client node answers after every update: enough to see both backends, over in a second. */
const SMOKE_REQUESTS = 200;

/** Asks on the terminal; anything but yes ends the command with nothing changed. */
export async function confirm(question: string, terminal: Terminal): Promise<void> {
  if (!process.stdin.isTTY || !terminal.interactive) {
    throw new Failure(
      "usage",
      `There is no terminal to ask "${question}" on; repeat the command with --yes.`,
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new Failure("failed", "Nothing was changed, as you did not say yes.");
  } finally {
    prompt.close();
  }
}

/** `platform up <stack>`: compile, engine, plugins, preview with policies, update with policies, status. */
export async function up(name: string, options: UpOptions): Promise<void> {
  if (options.skipPreview) {
    throw new Failure(
      "usage",
      "`platform up` always previews with the policy pack first; leave --skip-preview out.",
    );
  }
  refuseDuringRollout(projectRoot(), name);
  const terminal = openTerminal(options.json ?? false);
  // A stack that is there has what it needs on its nodes, and may be updated without a way out.
  const absent = isAbsent(name);
  if (absent) await requireParts(name);
  await withPreparedStack(
    name,
    terminal.note,
    { create: true, offline: options.offline ?? false },
    async (stack) => {
      // Of a state that is kept elsewhere only the engine can tell that there is nothing yet.
      if (!absent && Object.keys(await stack.outputs()).length === 0) await requireParts(name);
      // No provider looks whether a container still runs: after a restart of this host none does.
      await reviveMachines(name, terminal.note);
      await dropPendingOperations(stack, terminal.note);
      const plan = await runOperation("preview", stack, terminal);
      if (options.ask) await confirm(`Update ${name} (${changeLine(plan.changes)})?`, terminal);
      const result = await runOperation("up", stack, terminal);
      const report = await collectStatus(name, result.outputs, { requests: SMOKE_REQUESTS });
      const { changes, seconds } = result;
      terminal.out(
        options.json
          ? JSON.stringify({ stack: name, verb: "up", changes, seconds, status: report }, null, 2)
          : renderStatus(report, terminal.paint),
      );
      terminal.note(endLine("up", name, result));
      if (!isHealthy(report)) {
        throw new Failure(
          "failed",
          `${name} was updated but is not healthy: see the lines above; \`platform status ${name}\` looks again.`,
        );
      }
    },
  );
}
