import { shellQuote } from "../../components/node/shell-quote";
import { lastLine, NodeError, openSession } from "../../components/node/ssh";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";
import { bounded } from "../bounded";
import { stackNode } from "../stack/stack-node";
import type { StackNode } from "../status/collect";
import { openTerminal } from "../terminal";
import { findProbe, probes, runScript, type Probe } from "../trace/probes";

export interface TraceOptions {
  readonly seconds: string;
  readonly lines: string;
}

/** What a trace may print, beyond its own limit of lines: stacks and histograms are long. */
const MAX_BYTES = 4 << 20;
/** bpftrace compiles its script first, and run.sh gives it 20 s beyond its own. */
const GRACE_SECONDS = 40;

/** `platform trace <stack> <node> <what>`: runs a probe there and prints what it saw; changes nothing. */
export async function trace(
  stackName: string,
  nodeName: string,
  what: string,
  options: TraceOptions,
): Promise<void> {
  // Standard output carries what the probe prints and nothing else.
  const terminal = openTerminal(true);
  if (what === "list") {
    terminal.out(probes().map(describe).join("\n"));
    return;
  }
  const probe = findProbe(what);
  const seconds = bounded("--seconds", options.seconds, 60);
  const lines = bounded("--lines", options.lines, 10_000);
  await withPreparedStack(stackName, terminal.note, { create: false }, async (stack) => {
    const node = await stackNode(stack, nodeName);
    terminal.out(await runProbe(node, probe, seconds, lines));
  });
}

function describe({ name, what, bcc }: Probe): string {
  return `${name.padEnd(16)} ${what}${bcc === "-" ? "" : ` (BCC: ${bcc})`}`;
}

/** Runs a probe on a node and returns what it printed. Throws a `Failure` with the node's own words. */
async function runProbe(node: StackNode, probe: Probe, seconds: number, lines: number): Promise<string> {
  try {
    const session = await openSession(node.connection, { node: node.name, deadlineMs: 20_000 });
    try {
      const words = ["unshare", "-m", "bash", "-c", runScript(), "run.sh", String(seconds), String(lines)];
      const { code, stdout, stderr } = await session.exec(words.map(shellQuote).join(" "), {
        stdin: probe.script,
        timeoutMs: (seconds + GRACE_SECONDS) * 1000,
        maxBytes: MAX_BYTES,
      });
      if (code === 0) return stdout;
      throw new Failure(
        code === 69 ? "missingPart" : "failed",
        `The probe ${probe.name} (${probe.needs}) cannot run on node ${node.name}: ${lastLine(stderr) || `it ended with ${String(code)}`}`,
      );
    } finally {
      session.close();
    }
  } catch (error) {
    if (error instanceof NodeError) throw new Failure("unreachable", error.message);
    throw error;
  }
}
