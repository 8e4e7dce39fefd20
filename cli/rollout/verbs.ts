import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { releaseIdentity } from "@ebpf-platform/lib/release";
import { currentStep, type ReleaseId, type RolloutPlan } from "@ebpf-platform/lib/rollout";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";
import { openTerminal, type Terminal } from "../terminal";
import { drive, presentDose, type World } from "./driver";
import { becomeDriver, livingDriver, thisHolder } from "./driver-lock";
import { journalPath, requestFolder, rolloutVersions } from "./files";
import { JournalFile } from "./journal-file";
import { RealWorld } from "./real-world";
import { ask, type Request } from "./requests";
import { brake, splitPlace } from "./split-dose";
import { StageEngine } from "./stage-engine";
import { planFor } from "./stages";
import { notify } from "./webhook";

export interface PlanOptions {
  /** Stacks in the order of their stages, with commas. */
  readonly stacks: string;
  /** Stages that wait for a person, with commas. */
  readonly approve?: string;
  readonly json?: boolean;
}
export interface RunOptions extends PlanOptions {
  readonly prometheus?: string;
}

const list = (text: string | undefined): string[] => (text ?? "").split(",").filter((word) => word !== "");

/** The release of a lock file of this checkout. */
function releaseOf(version: string): ReleaseId {
  const path = join(projectRoot(), "releases", `${version}.json`);
  if (!/^[0-9.]+$/.test(version) || !existsSync(path))
    throw new Failure(
      "usage",
      `There is no releases/${version}.json; make it with: platform release create ${version}`,
    );
  return { version, sha256: releaseIdentity(readFileSync(path, "utf8")) };
}

/** `platform rollout plan <version>`: the steps, and nothing else. */
export function plan(version: string, options: PlanOptions): void {
  const terminal = openTerminal(options.json ?? false);
  const made = planFor(projectRoot(), releaseOf(version), list(options.stacks), list(options.approve));
  terminal.out(options.json ? JSON.stringify(made, null, 2) : renderPlan(made));
}

function renderPlan({ release, stages, steps }: RolloutPlan): string {
  const head = `release ${release.version}@sha256:${release.sha256}`;
  const ways = stages.map(
    ({ stack, previous }) => `${stack}: ${previous?.version ?? "no release"} → ${release.version}`,
  );
  const lines = steps.map(({ id, nodes, dose }) =>
    [id, ...(dose === undefined ? [] : [`${dose} %`]), ...(nodes ? [nodes.join(", ")] : [])].join("  "),
  );
  return [head, ...ways, "", ...lines].join("\n");
}

/** `platform rollout run <version>`: begins a rollout and drives it to its end. */
export async function run(version: string, options: RunOptions): Promise<void> {
  const root = projectRoot();
  const made = planFor(root, releaseOf(version), list(options.stacks), list(options.approve));
  const path = journalPath(root, version);
  if (existsSync(path))
    throw new Failure(
      "usage",
      `Release ${version} has a rollout already: platform rollout status ${version} shows it, resume goes on.`,
    );
  await driving(version, options, (journal, world) => {
    journal.append({ type: "begun", plan: made, holder: thisHolder() }, world.now());
  });
}

/** `platform rollout resume <version>`: goes on where a driver ended. */
export async function resume(version: string, options: Omit<RunOptions, "stacks">): Promise<void> {
  await driving(version, options, (journal, world) => {
    journal.append({ type: "resumed", holder: thisHolder() }, world.now());
  });
}

async function driving(
  version: string,
  options: Omit<RunOptions, "stacks">,
  start: (journal: JournalFile, world: RealWorld) => void,
): Promise<void> {
  const root = projectRoot();
  const prometheus = options.prometheus ?? process.env["EBPF_PLATFORM_PROMETHEUS"];
  if (!prometheus)
    throw new Failure(
      "usage",
      "Gates ask Prometheus: name it with --prometheus http://host:9090 or in EBPF_PLATFORM_PROMETHEUS.",
    );
  const terminal = openTerminal(options.json ?? false);
  const release = becomeDriver(root);
  try {
    const journal = JournalFile.open(journalPath(root, version), version);
    const engine = new StageEngine(terminal.note);
    const world = new RealWorld({
      root,
      journal,
      engine,
      prometheus,
      tell: teller(version, terminal),
      note: terminal.note,
    });
    start(journal, world);
    const end = await drive(journal, world);
    if (end === "done") return;
    const reason = journal.state?.reason ?? "no reason is in the journal";
    throw new Failure("failed", `The rollout of release ${version} ended as ${end}: ${reason}.`);
  } finally {
    release();
  }
}

/** One line an event, as JSON with `--json`; the webhook gets the same. */
function teller(version: string, terminal: Terminal): World["tell"] {
  return (event) => {
    const at = new Date().toISOString();
    const message = { at, release: version, ...event };
    if (terminal.json) terminal.out(JSON.stringify(message));
    else terminal.note(`${at} ${event.kind}: ${event.text}`);
    notify(message);
  };
}

/** `platform rollout status [version]`: the last rollout, or that of a version. */
export function status(version: string | undefined, options: { json?: boolean }): void {
  const root = projectRoot();
  const terminal = openTerminal(options.json ?? false);
  const wanted = version ?? rolloutVersions(root).at(-1);
  if (wanted === undefined)
    throw new Failure("usage", "There is no rollout in this checkout; platform rollout run begins one.");
  const journal = opened(wanted);
  const { state } = journal;
  if (!state)
    throw new Failure(
      "failed",
      `The journal of release ${wanted} holds no plan; begin again with platform rollout run.`,
    );
  const driver = livingDriver(root);
  const step = currentStep(state)?.id;
  const report = {
    release: wanted,
    phase: state.phase,
    step,
    dose: presentDose(state),
    frozen: state.frozen,
    reason: state.reason,
    driver,
    finished: state.finished,
  };
  if (options.json) {
    terminal.out(JSON.stringify(report, null, 2));
    return;
  }
  terminal.out(
    [
      `release ${wanted}: ${state.phase}${state.frozen ? ", frozen" : ""}${state.reason ? ` (${state.reason})` : ""}`,
      `step    ${step ?? "none"}, ${state.finished.length} finished`,
      `dose    ${report.dose} % of the flows`,
      `driver  ${driver ? `process ${driver.pid} of ${driver.host}` : "none"}`,
    ].join("\n"),
  );
}

/** Says something to a rollout: to its driver, or into the journal where none lives. */
export function say(version: string, request: Request): boolean {
  const root = projectRoot();
  const journal = opened(version);
  if (livingDriver(root)) {
    ask(requestFolder(root, version), request, new Date());
    return true;
  }
  const release = becomeDriver(root);
  try {
    journal.append(request, new Date());
  } finally {
    release();
  }
  return false;
}

/** `platform rollout approve <version>@sha256:<hex>`. */
export function approve(reference: string): void {
  const [version = "", lock = ""] = reference.split("@sha256:");
  const { state } = opened(version);
  const step = state && currentStep(state);
  if (step?.kind !== "approve")
    throw new Failure("usage", `The rollout of release ${version} waits for no approval.`);
  say(version, { type: "approved", step: step.id, by: userInfo().username, lock });
}

export function abort(version: string, { reason }: { reason: string }): void {
  say(version, { type: "aborted", by: userInfo().username, reason });
}

export function freeze(version: string, { reason, off }: { reason: string; off?: boolean }): void {
  const by = userInfo().username;
  say(version, off ? { type: "thawed", by } : { type: "frozen", by, reason });
}

/** `platform rollout rollback <version>`: brakes at once, whoever drives, then goes the way back. */
export async function rollback(
  version: string,
  options: Omit<RunOptions, "stacks"> & { reason: string },
): Promise<void> {
  const { state } = opened(version);
  const canary = state?.plan.stages.find(({ stage }) => stage === "canary")?.stack;
  const request: Request = { type: "rollbackAsked", by: userInfo().username, reason: options.reason };
  if (say(version, request)) return;
  const terminal = openTerminal(options.json ?? false);
  if (canary !== undefined && state?.touched.includes(canary)) {
    const place = splitPlace(await new StageEngine(terminal.note).outputs(canary));
    if (place) await brake(place);
  }
  await resume(version, options);
}

function opened(version: string): JournalFile {
  const path = journalPath(projectRoot(), version);
  if (!existsSync(path)) throw new Failure("usage", `Release ${version} has no rollout in this checkout.`);
  return JournalFile.open(path, version);
}
