import { existsSync, readFileSync } from "node:fs";
import {
  gateDigest,
  parseGateFile,
  readEvidence,
  replayEvidence,
  type Evidence,
  type GateFile,
  type Replay,
} from "@ebpf-platform/lib/rollout";
import { Failure, messageOf } from "../failure";
import { table } from "../table";

export interface JsonOption {
  readonly json?: boolean;
}

/** Reads gate files and says what each asks for; every fault of every file in one error. */
export function check(files: readonly string[], { json = false }: JsonOption): void {
  const faults: string[] = [];
  const gates = files.flatMap((file) => {
    try {
      const text = readText(file);
      return [{ file, sha256: gateDigest(text), gate: parseGateFile(text, file) }];
    } catch (error) {
      faults.push(messageOf(error));
      return [];
    }
  });
  if (faults.length > 0) throw new Failure("usage", faults.join("\n"));
  if (json) {
    console.log(JSON.stringify(gates, undefined, 2));
    return;
  }
  const rows = gates.map(({ file, gate, sha256 }) => [
    file,
    gate.stage,
    gate.steps.map(({ dose, enable = [] }) => [dose, ...enable].join("+")).join(", "),
    `${String(gate.signals.filter(({ critical }) => critical).length)} of ${String(gate.signals.length)}`,
    `${String(gate.time.windows)} × ${String(gate.time.windowSeconds)} s`,
    sha256.slice(0, 12),
  ]);
  console.log(table(["file", "stage", "doses", "critical signals", "windows", "sha256"], rows));
}

/** Judges recorded windows again; fails when a recorded verdict is not what its answers give. */
export function replay(gateFile: string, files: readonly string[], { json = false }: JsonOption): void {
  const text = readText(gateFile);
  const sha256 = gateDigest(text);
  const gate = inUsage(() => parseGateFile(text, gateFile));
  const evidence = files.flatMap((file) => recordings(file, sha256));
  const replays = replayEvidence(gate, evidence);
  console.log(
    json ? JSON.stringify(replays, undefined, 2) : replays.map((each) => told(each, gate)).join("\n\n"),
  );
  const differences = replays.flatMap((each) => each.differences);
  if (differences.length > 0) throw new Failure("failed", differences.join("\n"));
}

/** The windows of a file: one evidence file, or one recording with a window a line. */
function recordings(file: string, gate: string): readonly Evidence[] {
  const lines = readText(file)
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line, index) => {
    const place = lines.length === 1 ? file : `${file}, line ${String(index + 1)}`;
    const evidence = inUsage(() => readEvidence(`${line}\n`), `${place}: `);
    if (evidence.gate === gate) return evidence;
    throw new Failure(
      "usage",
      `${place}: the window was judged by the gate file with SHA-256 ${evidence.gate}, and this one has ${gate}; give the file of its release.`,
    );
  });
}

function told({ step, windows, decision }: Replay, gate: GateFile): string {
  const rows = windows.flatMap(({ window, evalTime, verdict, signals }) => [
    [String(window), new Date(evalTime * 1000).toISOString(), "", verdict, ""],
    ...signals
      .filter(
        (each) =>
          each.verdict !== "PASS" ||
          gate.signals.some(({ id, kind }) => id === each.signal && kind === "errors"),
      )
      .map((each) => [
        "",
        "",
        `${each.signal}${each.critical ? "" : " (advisory)"}`,
        each.verdict,
        each.reason,
      ]),
  ]);
  return `${step}: ${decision.decision} (${decision.reason})\n${table(["window", "end", "signal", "verdict", "reason"], rows)}`;
}

function readText(file: string): string {
  if (!existsSync(file)) throw new Failure("usage", `There is no file ${file}.`);
  return readFileSync(file, "utf8");
}

function inUsage<Found>(read: () => Found, prefix = ""): Found {
  try {
    return read();
  } catch (error) {
    throw new Failure("usage", `${prefix}${messageOf(error)}`);
  }
}
