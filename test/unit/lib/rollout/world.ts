import { renderRelease, releaseIdentity, type ReleaseLock } from "@ebpf-platform/lib/release";
import {
  gateDigest,
  gatesDigest,
  judgeWindow,
  ledgerLine,
  ledgerStart,
  parseGateFile,
  readLedger,
  renderEvidence,
  type LedgerRecord,
  type ReleaseId,
  type Verdict,
} from "@ebpf-platform/lib/rollout";
import { errorRecord, gateText } from "./gates";

/** Lock, gate files, ledgers and evidence of one release, as files would hold them. */
export interface World {
  readonly release: ReleaseId;
  readonly lock: string;
  readonly gates: ReadonlyMap<string, string>;
  readonly ledgers: Map<string, string>;
  readonly evidence: Map<string, string>;
  readonly exposedAt: Date;
  readonly add: (stack: string, record: LedgerRecord) => void;
}

export interface WorldOptions {
  readonly version?: string;
  /** Windows of each step, errors among the thousand requests of each. */
  readonly windows?: number;
  readonly errors?: number;
  /** The verdict that the evidence claims, whatever its answers say. */
  readonly claim?: Verdict;
  readonly step?: string;
  /** Put before each stage's name to make the stack's. */
  readonly family?: string;
}

const digest = { sha256: "a".repeat(64) };

function lockOf(version: string, gates: ReadonlyMap<string, string>): ReleaseLock {
  return {
    schema: 1,
    version,
    commit: "c".repeat(40),
    tools: { pulumi: "3.253.0", plugins: {}, packages: digest },
    k3s: { version: "v1.34.9+k3s1", binaries: { amd64: digest, arm64: digest } },
    charts: {},
    images: {},
    bpf: {
      compiler: "clang 14",
      btf: digest,
      programs: { xdp_lb: { source: digest, object: { sha256: "b".repeat(64) } } },
    },
    gates: { sha256: gatesDigest(gates) },
    kernel: { minimum: "5.15" },
    upgradeFrom: [],
  };
}

/** A world in which some stages have verified a release, the way a driver writes it down. */
export function verifiedWorld(stages: readonly string[], options: WorldOptions = {}): World {
  const { version = "2026.11.9", windows = 3, errors = 2, family = "" } = options;
  const gates = new Map(
    ["dev", "staging", "canary", "prod"].map((stage) => [`gates/${stage}.yaml`, gateText(stage)]),
  );
  const lock = renderRelease(lockOf(version, gates));
  const release = { version, sha256: releaseIdentity(lock) };
  const ledgers = new Map<string, string>();
  const evidence = new Map<string, string>();
  const exposedAt = new Date("2026-11-20T00:00:00.000Z");
  const add = (stack: string, record: LedgerRecord): void => {
    const text = ledgers.get(stack) ?? "";
    const end = text === "" ? ledgerStart(stack) : readLedger(text, stack, stack).end;
    ledgers.set(stack, text + ledgerLine(end, record, exposedAt).line);
  };
  for (const stage of stages) {
    const stack = `${family}${stage}`;
    const text = gates.get(`gates/${stage}.yaml`)!;
    const gate = parseGateFile(text, stage);
    add(stack, { type: "exposed", release });
    const names = Array.from({ length: windows }, (_, index) => {
      const record = errorRecord(gate, index + 1, errors, 1000);
      const judged = judgeWindow(gate, record);
      const file = renderEvidence({
        schema: 1,
        release,
        stack,
        step: options.step ?? `${stage}/dose-100/gate`,
        gate: gateDigest(text),
        record,
        verdict: options.claim === undefined ? judged : { ...judged, verdict: options.claim },
      });
      evidence.set(file.sha256, file.text);
      return file.sha256;
    });
    const objects = { xdp_lb: "b".repeat(64) };
    add(stack, {
      type: "verified",
      release,
      gate: gateDigest(text),
      gates: gatesDigest(gates),
      evidence: names,
      objects,
    });
  }
  return { release, lock, gates, ledgers, evidence, exposedAt, add };
}
