import assert from "node:assert/strict";
import type { CustomResource } from "@pulumi/pulumi";
import { missing } from "../../support/missing.js";
import { engineEnvironment, type EngineEnvironment } from "./active-providers.js";
import { checkPreview, checkRun, match, type ContractCase, type Observation, type Round } from "./case.js";
import { ContractStack, type Observations } from "./contract-stack.js";

export interface Contract {
  provider: "command" | "random" | "tls" | "kubernetes";
  cases: readonly ContractCase[];
  /** What the rows need besides engine and provider; answers with what is missing. */
  start?: () => Promise<string | undefined>;
  stop?: () => void;
}

interface RoundResult {
  preview: Observations;
  run: Observations;
  probes: Map<string, unknown>;
}

/**
 * Declares the tests of one table: all rows share one stack and are driven round by round (preview, then up), so that
 * a table costs a few runs of the engine and not a few for each row.
 */
export function runCases({ provider, cases, start, stop }: Contract): void {
  let environment: EngineEnvironment | undefined;
  let stack: ContractStack | undefined;
  const results: RoundResult[] = [];
  const deleted = new Map<string, unknown>();

  before(async function () {
    this.timeout(300_000);
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
    const lacking = await start?.();
    if (lacking !== undefined) missing(this, lacking);
    const active = found.providers.find((candidate) => candidate.provider === provider);
    console.log(`      provider ${provider} ${String(active?.version)}: ${String(active?.kind)}`);
    stack = await ContractStack.create({ name: provider, path: found.path });
    const rounds = Math.max(...cases.map((row) => row.rounds.length));
    for (let round = 0; round < rounds; round++) results.push(await driveRound(stack, cases, round));
    await stack.destroy();
    for (const row of cases) deleted.set(row.name, row.deleted?.probe());
  });

  after(async () => {
    await stack?.dispose();
    stop?.();
    environment?.dispose();
  });

  for (const row of cases) {
    for (const [index, round] of row.rounds.entries()) {
      it(row.rounds.length > 1 ? `${row.name}, round ${String(index + 1)}` : row.name, () => {
        const result = results[index];
        assert.ok(result);
        checkPreview(round, observed(result.preview, row.name));
        checkRun(round, observed(result.run, row.name));
        if (round.probe) match("the probe", result.probes.get(row.name), round.probed);
      });
    }
    const { deleted: expected } = row;
    if (expected)
      it(`${row.name}, deleted`, () => {
        match("the probe", deleted.get(row.name), expected.probed);
      });
  }
}

async function driveRound(
  stack: ContractStack,
  cases: readonly ContractCase[],
  round: number,
): Promise<RoundResult> {
  const program = () => cases.map((row) => roundOf(row, round).make(row.name));
  const preview = await stack.preview(program);
  const run = await stack.up(program);
  const current = cases.filter((row) => round < row.rounds.length);
  return { preview, run, probes: new Map(current.map((row) => [row.name, roundOf(row, round).probe?.()])) };
}

/** A row with fewer rounds stays as its last one made it. */
function roundOf(row: ContractCase, round: number): Round {
  const wanted = row.rounds[Math.min(round, row.rounds.length - 1)];
  assert.ok(wanted, `row ${row.name} has no rounds`);
  return wanted;
}

function observed(run: Observations, name: string): Observation {
  const found = run.get(name);
  assert.ok(found, `the engine told nothing about ${name}`);
  return found;
}
