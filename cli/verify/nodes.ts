import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeChecks, type NodeContext } from "@ebpf-platform/lib/verify/node-checks";
import { parseNodeFacts } from "@ebpf-platform/lib/verify/node-facts";
import { fail, notRun, pass, type CheckResult } from "@ebpf-platform/lib/verify/result";
import type { NodeConnection } from "../../components/node/connection";
import { NodeError, openSession, type NodeSession } from "../../components/node/ssh";
import { projectRoot } from "../../components/project-root";
import type { StackNode } from "../status/collect";

const DEADLINE_MS = 30_000;
const FACTS_MS = 90_000;

/** A login other than root may use sudo, as everywhere on our nodes. */
const AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec bash -s; else exec sudo -n bash -s; fi';

/** Every check of one machine. A machine that cannot be reached fails the first and names it in the others. */
export async function checkNode(node: StackNode): Promise<CheckResult[]> {
  const started = Date.now();
  const subject = node.name;
  const reachable = {
    id: "node.reachable",
    group: "nodes",
    title: "SSH with the pinned host key",
    subject,
  } as const;
  try {
    const session = await openSession(node.connection, { node: node.name, deadlineMs: DEADLINE_MS });
    try {
      const { facts, context } = await askFacts(session, node);
      const seconds = (Date.now() - started) / 1000;
      return [
        { ...reachable, outcome: pass(node.address), seconds },
        ...nodeChecks.map(({ id, group, title, judge }) => ({
          id,
          group,
          title,
          subject,
          outcome: judge(facts, context),
          seconds: 0,
        })),
        await checkWrongHostKey(node),
      ];
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const seconds = (Date.now() - started) / 1000;
    return [
      {
        ...reachable,
        outcome: fail(error.message.replace(/\.$/, ""), "repair the node or the way to it"),
        seconds,
      },
      ...nodeChecks.map(({ id, group, title }) => ({
        id,
        group,
        title,
        subject,
        outcome: notRun("the node cannot be reached"),
        seconds: 0,
      })),
    ];
  }
}

async function askFacts(
  session: NodeSession,
  node: StackNode,
): Promise<{ facts: ReturnType<typeof parseNodeFacts>; context: NodeContext }> {
  const script = readFileSync(join(projectRoot(), "cli", "verify", "scripts", "node-facts.sh"));
  const asked = Date.now();
  const { code, stdout, stderr } = await session.exec(AS_ROOT, { stdin: script, timeoutMs: FACTS_MS });
  if (code !== 0) {
    throw new NodeError(
      "remote",
      node.name,
      `Node ${node.name} did not tell its facts (status ${String(code)}): ${stderr.trim().split("\n").at(-1) ?? ""}.`,
    );
  }
  const facts = parseNodeFacts(stdout);
  return {
    facts,
    context: { driver: node.driver, clock: clockOf(facts.get("time")?.[0], asked, Date.now()) },
  };
}

/** The script reads the time first: the answer lies between the question and its end. */
function clockOf(said: string | undefined, asked: number, answered: number): NodeContext["clock"] {
  const uncertainty = (answered - asked) / 2000;
  return { skew: Number(said ?? NaN) - (asked + answered) / 2000, uncertainty };
}

/** An ed25519 public key of RFC 8032's first test vector: nobody's host key. */
const STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

/** Man in the middle (T1557): with another key pinned the connection must end before any login. Its twin is the session that the facts came over. */
async function checkWrongHostKey(node: StackNode): Promise<CheckResult> {
  const started = Date.now();
  const check = {
    id: "threat.mitm.host-key",
    group: "security",
    title: "a host key other than the pinned one is refused (T1557)",
    subject: node.name,
  } as const;
  const done = (outcome: CheckResult["outcome"]): CheckResult => ({
    ...check,
    outcome,
    seconds: (Date.now() - started) / 1000,
  });
  const wrong: NodeConnection = { ...node.connection, hostKey: STRANGER };
  try {
    (await openSession(wrong, { node: node.name, deadlineMs: DEADLINE_MS })).close();
    return done(fail("a session opened under a stranger's key", "do not use this build: pinning is broken"));
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return done(error.kind === "host-key" ? pass("refused before login") : notRun(error.message));
  }
}
