import {
  KERNEL_OPTIONS,
  KNOWN_DISTRIBUTIONS,
  lsmLine,
  packagesOf,
  parseFacts,
  PREPARED,
  preparationReport,
  preparationStatus,
  refusals,
  renderSysctls,
  type PreparationFacts,
  type PreparationPlan,
} from "@ebpf-platform/lib/node-preparation";
import type { NodeConnection } from "../connection";
import { pollUntil } from "../poll";
import { runStep } from "../run-step";
import { scriptText } from "../script-text";
import { shellQuote } from "../shell-quote";
import { lastLine, NodeError, openSession, type NodeSession } from "../ssh";

const SCRIPTS = "components/node/scripts";
export const DROP_IN = "/etc/sysctl.d/99-ebpf-platform.conf";

/** How long an unreachable node may take before it is an error; a booting machine is waited for by its own resource. */
const CONNECT_MS = 30_000;
const FACTS_MS = 60_000;
/** Reading the package lists and installing a compiler, on a slow line; the wait for other users of apt comes on top. */
const INSTALL_SECONDS = 1200;
/** A server's firmware may test its memory for minutes. */
const REBOOT_MS = 600_000;

/** What a prepared node is: how it deviates, and what no update can mend. */
export interface PreparedState {
  readonly status: string;
  readonly report: readonly string[];
}

export interface NodePlace {
  readonly node: string;
  readonly connection: NodeConnection;
}

/** Reads a node and compares; changes nothing. Throws `NodeError` when the node cannot be reached. */
export async function readPreparation(place: NodePlace, plan: PreparationPlan): Promise<PreparedState> {
  return withSession(place, async (session) => stateOf(place.node, plan, await readFacts(session, plan)));
}

/**
 * Makes a node as the plan wants it, with a reboot where the boot line has to change. Idempotent. Throws with every
 * reason when the node can never be so; then nothing was done.
 */
export async function prepareNode(place: NodePlace, plan: PreparationPlan): Promise<PreparedState> {
  const { node } = place;
  const rebooted = await withSession(place, async (session) => {
    const facts = await readFacts(session, plan);
    const against = refusals(node, plan, facts);
    if (against.length > 0) throw new Error(against.join("\n"));
    await runStep(session, {
      id: "prepare-node",
      script: scriptText(`${SCRIPTS}/prepare.sh`),
      args: {
        packages: (packagesOf(plan, facts) ?? []).join(" "),
        apt_lock_seconds: String(plan.aptLockSeconds),
        drop_in: DROP_IN,
        sysctls: renderSysctls(plan.sysctls),
        wireguard: plan.wireguard ? "yes" : "no",
      },
      timeoutSeconds: INSTALL_SECONDS + 2 * plan.aptLockSeconds,
      // What was changed by hand since is no part of the step's content.
      always: true,
    });
    if (!plan.lsm || facts.lsm.includes("bpf")) return undefined;
    await runStep(session, {
      id: "boot-line",
      script: scriptText(`${SCRIPTS}/boot-line.sh`),
      args: { lsm: lsmLine(facts).join(",") },
      timeoutSeconds: 300,
      always: true,
    });
    await orderReboot(session);
    return facts.boot;
  });
  if (rebooted !== undefined) await bootedAgain(place, rebooted);
  return withSession(place, async (session) => {
    const facts = await readFacts(session, plan);
    const state = stateOf(node, plan, facts);
    if (state.status !== PREPARED) {
      throw new Error(
        `Node ${node} was prepared and still deviates: ${state.status}; look at /var/lib/ebpf-platform/steps/prepare-node/log there.`,
      );
    }
    return state;
  });
}

/** Takes away what acts at the node's next boot; packages stay. */
export async function unprepareNode(place: NodePlace): Promise<void> {
  await withSession(place, (session) =>
    runStep(session, {
      id: "unprepare-node",
      script: scriptText(`${SCRIPTS}/unprepare.sh`),
      args: { drop_in: DROP_IN },
      timeoutSeconds: 300,
      always: true,
    }),
  );
}

function stateOf(node: string, plan: PreparationPlan, facts: PreparationFacts): PreparedState {
  return { status: preparationStatus(plan, facts), report: preparationReport(node, plan, facts) };
}

/** One round trip; with a toolchain two, because its packages are known only when the distribution is. */
async function readFacts(session: NodeSession, plan: PreparationPlan): Promise<PreparationFacts> {
  const facts = await askFacts(session, plan, []);
  const packages = packagesOf(plan, facts) ?? [];
  return packages.length === 0 ? facts : askFacts(session, plan, packages);
}

async function askFacts(
  session: NodeSession,
  plan: PreparationPlan,
  packages: readonly string[],
): Promise<PreparationFacts> {
  const variables = {
    sysctls: Object.keys(plan.sysctls).join(" "),
    options: KERNEL_OPTIONS.map(({ option }) => option).join(" "),
    packages: packages.join(" "),
    drop_in: DROP_IN,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}\n`);
  const text = await asRoot(session, `${lines.join("")}${scriptText(`${SCRIPTS}/preparation-facts.sh`)}`);
  return parseFacts(session.node, text);
}

async function asRoot(session: NodeSession, script: string): Promise<string> {
  const command = `if [ "$(id -u)" = 0 ]; then exec bash -s; else exec sudo -n bash -s; fi`;
  const { code, stdout, stderr } = await session.exec(command, { stdin: script, timeoutMs: FACTS_MS });
  if (code === 0) return stdout;
  const reason = lastLine(stderr) || lastLine(stdout) || `exit status ${String(code)}`;
  throw new NodeError(
    "remote",
    session.node,
    `Node ${session.node} could not say what it is (it runs one of ${KNOWN_DISTRIBUTIONS.join(", ")}?): ${reason}; mend that there, then repeat.`,
  );
}

/** The order may or may not be answered before it takes the connection away. */
async function orderReboot(session: NodeSession): Promise<void> {
  try {
    await asRoot(session, "systemctl --no-block reboot");
  } catch (error) {
    if (!(error instanceof NodeError) || error.kind !== "cut") throw error;
  }
}

async function bootedAgain(place: NodePlace, earlier: string): Promise<void> {
  const back = await pollUntil(REBOOT_MS, async () => {
    try {
      const boot = await withSession(place, (session) =>
        asRoot(session, "cat /proc/sys/kernel/random/boot_id"),
      );
      return boot.trim() === earlier ? undefined : true;
    } catch (error) {
      // A node that is going down refuses, cuts or does not answer; another host key or login is the end.
      if (error instanceof NodeError && error.kind !== "auth" && error.kind !== "host-key") return undefined;
      throw error;
    }
  });
  if (back !== undefined) return;
  throw new NodeError(
    "unreachable",
    place.node,
    `Node ${place.node} was rebooted for its boot line and did not come back within ${String(REBOOT_MS / 1000)} s; look at its console, and take /etc/default/grub.d/99-ebpf-platform.cfg away if it does not boot.`,
  );
}

async function withSession<T>(
  { node, connection }: NodePlace,
  work: (session: NodeSession) => Promise<T>,
): Promise<T> {
  const session = await openSession(connection, { node, deadlineMs: CONNECT_MS });
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
