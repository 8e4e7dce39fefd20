import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import { rules } from "@ebpf-platform/policy/rules/all";
import { hasBroken, reviewComment } from "../../../../cli/review/comment";
import { findingsSarif } from "../../../../cli/review/findings-sarif";
import { differences, type StackPreview, stackPreview } from "../../../../cli/review/stack-preview";
import { EventRecord } from "../../../../cli/stack/operation";
import { projectRoot } from "../../../../components/project-root";

const readLock = (version: string): ReleaseLock | string => {
  const path = join(projectRoot(), "releases", `${version}.json`);
  if (!existsSync(path)) return `there is no releases/${version}.json`;
  return JSON.parse(readFileSync(path, "utf8")) as ReleaseLock;
};
const preview = (stack: string, changes: Partial<StackPreview> = {}): StackPreview => ({
  ...{ stack, stage: stack, release: "2026.11.0@sha256:aaaaaaaabbbb" },
  ...{ resources: [{ name: "edge", type: "a:b:C", inputs: { x: "1", y: "2" } }], findings: [] },
  ...changes,
});
const next = "2026.11.1@sha256:ccccccccdddd";
const finding = {
  policy: "H01-host-key-pinned",
  resource: "edge",
  mandatory: true,
  message: `H01: .connection.hostKey must be a key. ${rules.find(({ id }) => id === "H01")!.remediation}`,
};

describe("platform review", () => {
  it("compares two previews by the names of inputs, never their values", () => {
    const record = new EventRecord();
    const seen = (inputs: Record<string, unknown>) => ({
      ...{ sequence: 1, timestamp: 1 },
      resourcePreEvent: {
        metadata: {
          ...{ op: "create" as const, type: "a:b:C", urn: "urn:pulumi:s::p::a:b:C::edge", provider: "" },
          new: { type: "a:b:C", urn: "", id: "", parent: "", provider: "", outputs: {}, inputs },
        },
      },
    });
    record.add(seen({ x: "hunter2", y: [2] }));
    const taken = stackPreview(preview("lab"), record, undefined);
    assert.ok(!JSON.stringify(taken).includes("hunter2"));
    const other = new EventRecord();
    other.add(seen({ x: "hunter3", y: [2] }));
    assert.deepEqual(differences(taken, stackPreview(preview("lab"), other, undefined)), [
      { kind: "changed", resource: "a:b:C edge", inputs: ["x"] },
    ]);
  });

  it("shows what was added, removed and changed", () => {
    const after = preview("dev", {
      resources: [
        { name: "edge", type: "a:b:C", inputs: { x: "9", z: "1" } },
        { name: "new", type: "a:b:C", inputs: {} },
      ],
    });
    const comment = reviewComment([preview("dev")], [after], readLock);
    assert.match(comment, /```diff\n! a:b:C edge: x, y, z\n\+ a:b:C new\n```/);
    assert.match(comment, /\| dev \| dev \| 2026\.11\.0 \(aaaaaaaa\) \| 2 \| \+1 −0 ~1 \| ✅ none \|/);
    assert.match(comment, /No stack changes its release/);
  });

  it("names the rules broken, with resource and remedy", () => {
    const broken = [preview("prod", { findings: [finding], failure: "refused by the policy pack" })];
    const comment = reviewComment([preview("prod")], broken, readLock);
    assert.match(comment, /⛔ H01/);
    assert.match(comment, /- `edge`: H01: \.connection\.hostKey must be a key\. Take the connection/);
    assert.ok(hasBroken(broken));
    assert.ok(!hasBroken([preview("prod", { findings: [{ ...finding, mandatory: false }] })]));
  });

  it("says why there is no preview, and that there is no base", () => {
    const comment = reviewComment(undefined, [preview("dev", { failure: "no ``` libvirt" })], readLock);
    assert.match(comment, /```text\nno ` ` ` libvirt\n```/);
    assert.match(comment, /\| dev \| .* \| – \| no preview \|/);
    assert.match(comment, /no preview of the base/);
  });

  it("plans a changed release through the stages, with its gates and what stands in its way", () => {
    const before = ["staging", "canary", "prod"].map((stack) => preview(stack));
    const after = [
      preview("staging"),
      preview("prod", { release: next }),
      preview("canary", { release: next }),
    ];
    const comment = reviewComment(before, after, readLock);
    assert.match(
      comment,
      /#### 2026\.11\.0 → 2026\.11\.1\n\n1\. `canary` \(stage canary\); the gate .*metrics/,
    );
    assert.match(comment, /2\. `prod` \(stage prod\)/);
    assert.match(
      comment,
      /⛔ the lock has no digest for \d+ of its parts, so `prod`, `canary` cannot run it/,
    );
    assert.match(comment, /⛔ `staging`, a stage before, does not run it/);
    assert.match(comment, /What differs between the locks/);
    const unknown = reviewComment(
      [preview("lab")],
      [preview("lab", { release: "2030.1.0@sha256:ee" })],
      readLock,
    );
    assert.match(unknown, /⛔ there is no releases\/2030\.1\.0\.json/);
  });

  it("lets no text of the pull request out of its place, and stays below GitHub's limit", () => {
    const evil = preview("dev", {
      resources: Array.from({ length: 3_000 }, (_, index) => ({ name: `r${index}`, type: "t", inputs: {} })),
      findings: Array.from({ length: 2_000 }, () => ({
        ...finding,
        message: "a | <img> @everyone ``` \n# x",
      })),
    });
    const comment = reviewComment([preview("dev")], [evil], readLock);
    assert.ok(comment.length < 65_536);
    assert.doesNotMatch(comment, /<img>|@everyone|^# x/m);
    assert.match(comment, /…cut:/);
    assert.equal((comment.match(/^```/gm)?.length ?? 0) % 2, 0);
  });

  it("gives code scanning the rule, the stack's file and the sentence once", () => {
    const log = findingsSarif([preview("prod", { findings: [finding] })], rules, "0.1.0") as {
      runs: { results: { ruleId: string; message: { text: string }; locations: object[] }[] }[];
    };
    const [result] = log.runs[0]!.results;
    assert.equal(result?.ruleId, "H01");
    assert.equal(result.message.text, finding.message);
    assert.match(JSON.stringify(result.locations), /"uri":"Pulumi\.prod\.yaml"/);
  });
});
