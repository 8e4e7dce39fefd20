import assert from "node:assert/strict";
import type { ContractCase, Observation, Round } from "./case.js";
import type { ContractStack, Observations } from "./contract-stack.js";

/** What one round of all rows showed. */
export interface RoundResult {
  preview: Observations;
  run: Observations;
  probes: Map<string, unknown>;
}

export interface DriveResult {
  rounds: RoundResult[];
  /** The probes after everything has been deleted. */
  deleted: Map<string, unknown>;
}

/**
 * Drives all rows through one stack, round by round: a table costs a few runs of the engine and not a few for each
 * row. A round is previewed only if a row expects something of its preview.
 */
export async function drive(stack: ContractStack, cases: readonly ContractCase[]): Promise<DriveResult> {
  const rounds: RoundResult[] = [];
  const count = Math.max(...cases.map((row) => row.rounds.length));
  for (let round = 0; round < count; round++) {
    const program = () => cases.map((row) => roundOf(row, round).make(row.name));
    const current = cases.filter((row) => round < row.rounds.length);
    const looksAhead = current.some((row) => roundOf(row, round).known ?? roundOf(row, round).unknown);
    const preview: Observations = looksAhead ? await stack.preview(program) : new Map<string, Observation>();
    const run = await stack.up(program);
    rounds.push({
      preview,
      run,
      probes: new Map(current.map((row) => [row.name, look(roundOf(row, round).probe)])),
    });
  }
  await stack.destroy();
  return { rounds, deleted: new Map(cases.map((row) => [row.name, look(row.deleted?.probe)])) };
}

/** A row with fewer rounds stays as its last one made it. */
function roundOf(row: ContractCase, round: number): Round {
  const wanted = row.rounds[Math.min(round, row.rounds.length - 1)];
  assert.ok(wanted, `row ${row.name} has no rounds`);
  return wanted;
}

/** A probe that fails is a finding about its own row. */
function look(probe: (() => unknown) | undefined): unknown {
  try {
    return probe?.();
  } catch (error) {
    return error;
  }
}
