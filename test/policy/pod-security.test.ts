import assert from "node:assert/strict";
import fc from "fast-check";
import type { Value } from "../../policy/field";
import { manifestFacts } from "../../policy/manifests";
import { type PodSecurityLevel, podSecurityFindings } from "../../policy/pod-security";
import { missing } from "../support/missing";
import { contextOf } from "./support/good-stack";
import { buildPsaTable, type PsaRow, upstreamTable, upstreamVerdicts } from "./support/psa-table";
import { randomPod } from "./support/random-pod";

const context = contextOf({});
const levels: readonly PodSecurityLevel[] = ["baseline", "restricted"];

/** What the rules have against the pod at a level, as lines. */
function ours(pod: Value, level: PodSecurityLevel): readonly string[] {
  return manifestFacts(JSON.stringify(pod), "pod").flatMap((facts) =>
    podSecurityFindings(level, facts, context).map(({ path, message }) => `${path} ${message}`),
  );
}

/** The levels at which the rules and upstream differ on the pod. */
function differences(pod: Value, upstream: Pick<PsaRow, "baseline" | "restricted">): readonly string[] {
  return levels.flatMap((level) => {
    const [mine, theirs] = [ours(pod, level), upstream[level]];
    if ((mine.length === 0) === (theirs.length === 0)) return [];
    return [`${level}: ours [${mine.join("; ")}] upstream [${theirs.join("; ")}] for ${JSON.stringify(pod)}`];
  });
}

describe("Pod Security rules against upstream", function () {
  this.timeout(600_000);
  let tool = "";
  let table: readonly PsaRow[] = [];

  before(function () {
    const built = buildPsaTable();
    if ("missing" in built) missing(this, built.missing);
    ({ tool } = built);
    table = upstreamTable(tool);
  });

  it("has the whole table in hand", () => {
    assert.ok(table.length > 4000, `only ${table.length} pods`);
    for (const level of levels) assert.ok(table.some((row) => row.level === level && row.expect === "fail"));
  });

  it("agrees on every pod of every version's table, at both levels", () => {
    assert.deepEqual(table.flatMap((row) => differences(row.pod, row)).slice(0, 5), []);
  });

  it("agrees with what the newest version's table expects", () => {
    const newest = [...new Set(table.map(({ version }) => version))].sort(
      (a, b) => Number(b.slice(3)) - Number(a.slice(3)),
    )[0];
    const rows = table.filter(({ version }) => version === newest);
    assert.ok(rows.length > 100, `only ${rows.length} pods of ${newest ?? "no version"}`);
    const wrong = rows.filter(
      (row) => ours(row.pod, row.level as PodSecurityLevel).length > 0 !== (row.expect === "fail"),
    );
    assert.deepEqual(
      wrong.map(({ level, name }) => `${level} ${name}`),
      [],
    );
  });

  it("agrees on random pods", () => {
    fc.assert(
      fc.property(fc.array(randomPod, { minLength: 250, maxLength: 250 }), (pods) => {
        const verdicts = upstreamVerdicts(tool, pods as Value[]);
        assert.equal(verdicts.length, pods.length);
        const found = pods.flatMap((pod, index) => differences(pod as Value, verdicts[index]!));
        assert.deepEqual(found.slice(0, 3), []);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});
