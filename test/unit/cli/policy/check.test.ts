import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { judgeSources } from "../../../../cli/policy/check";
import { readSources } from "../../../../cli/policy/sources";
import { renderFindings } from "../../../../cli/policy/table";
import { Failure } from "../../../../cli/failure";
import { createColors } from "picocolors";

const pod = (spec: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: web }\nspec: ${spec}\n`;
const good =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: web }\ndata: { colour: red }\n";

describe("platform policy check", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "ebpf-platform-check-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Writes the files below a folder of their own and judges what the names say. */
  function judge(files: Readonly<Record<string, string | Buffer>>, names = Object.keys(files)) {
    const own = mkdtempSync(join(folder, "case-"));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(own, name, ".."), { recursive: true });
      writeFileSync(join(own, name), content);
    }
    return judgeSources(readSources(names, own), { stage: "prod" });
  }
  const ids = (text: string | Buffer) => [
    ...new Set(judge({ "a.yaml": text }).judgements.map(({ rule }) => rule.id)),
  ];

  const bomb = Array.from({ length: 9 }, (_, level) => {
    const item = level === 0 ? "x" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(9).fill(item).join(", ")}]`;
  }).join("\n");
  const refused: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ["an empty file", "", /no Kubernetes object in a\.yaml/],
    ["comments and markers only", "# nothing\n---\n---\n", /no Kubernetes object in a\.yaml/],
    ["a binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00]), /a\.yaml is not UTF-8 text/],
    ["UTF-16", Buffer.from("\ufeffkind: Pod\n", "utf16le"), /is not UTF-8 text/],
    ["a NUL in the text", "kind: Pod\0\n", /is not UTF-8 text/],
    ["bad YAML", "kind: Pod\nspec: [1\n", /a\.yaml as YAML failed in line \d: /],
    [
      "a template that is not rendered",
      "kind: Pod\nmetadata:\n  name: {{ .Values.name }}\n",
      /line 3: .*not rendered/,
    ],
    ["a tab for indentation", "kind: Pod\nspec:\n\ta: 1\n", /line 3: Tabs are not allowed/],
    ["a key that stands twice", "kind: Pod\nkind: Service\n", /line 2: Map keys must be unique/],
    ["an anchor bomb", bomb, /line 1: Excessive alias count/],
    ["an anchor inside itself", "kind: &a { a: *a }\n", /line 1: an anchor stands inside itself/],
    ["lists without end", "[".repeat(20_000), /more than 100 levels/],
    ["lists in lists by dashes", "- ".repeat(5_000), /more than 100 levels/],
    ["a directive that changes the reading", `%YAML 1.2\n---\n${pod("{ hostPID: yes }")}`, /directive/],
    ["a tag of another tool", good.replace("red", "!Ref colour"), /line 4: Unresolved tag: !Ref/],
    ["a part in base64 that readers decode", good.replace("red", "!!binary cmVk"), /Unresolved tag/],
    ["no kind", good.replace("kind:", "knid:"), /line 1 is no Kubernetes object: it has no kind/],
    ["no apiVersion in a later document", `${good}---\nkind: Pod\n`, /line 6 .* has no apiVersion/],
    ["a list of objects instead of a List", "- apiVersion: v1\n  kind: Pod\n", /no apiVersion and no kind/],
    ["an item that is no object", "apiVersion: v1\nkind: List\nitems: [7]\n", /no apiVersion and no kind/],
    ["more than a parser should take", Buffer.alloc(17 * 1024 * 1024, "a"), /has 17 MiB, and at most 16/],
  ];
  for (const [name, content, sentence] of refused) {
    it(`refuses ${name} with one sentence and status 2`, () => {
      assert.throws(
        () => judge({ "a.yaml": content }),
        (error: unknown) =>
          error instanceof Failure && error.outcome === "usage" && sentence.test(error.message),
      );
    });
  }

  it("refuses what cannot be read, each with its name", () => {
    mkdirSync(join(folder, "bare"));
    symlinkSync("loop.yaml", join(folder, "loop.yaml"));
    assert.equal(spawnSync("mkfifo", [join(folder, "pipe.yaml")]).status, 0);
    const unread: readonly (readonly [string, RegExp])[] = [
      ["absent.yaml", /absent\.yaml cannot be read \(ENOENT/],
      ["loop.yaml", /loop\.yaml cannot be read \(ELOOP/],
      ["bare", /Nothing below .*bare ends in \.yaml, \.yml or \.json/],
      ["pipe.yaml", /pipe\.yaml is no regular file/],
      ["\0", /cannot be read/],
    ];
    for (const [name, sentence] of unread) assert.throws(() => readSources([name], folder), sentence);
  });

  it("reads folders to the bottom, JSON too, and a file only once", () => {
    const files = {
      "chart/a.yaml": good,
      "chart/crds/b.yml": good,
      "c.json": '{"apiVersion":"v1","kind":"Pod"}',
    };
    assert.equal(judge({ ...files, "chart/notes.txt": "%" }, [".", "chart", "c.json"]).objects.length, 3);
  });

  it("opens Lists, those in Lists and typed ones too", () => {
    const inner = `{ apiVersion: v1, kind: List, items: [{ apiVersion: v1, kind: Pod, spec: { hostPID: true } }] }`;
    assert.ok(ids(`apiVersion: v1\nkind: List\nitems: [${inner}]\n`).includes("K01"));
    assert.ok(ids("apiVersion: v1\nkind: PodList\nitems: [{ spec: { hostIPC: true } }]\n").includes("K01"));
  });

  it("reads truth, numbers and merged maps as the cluster does", () => {
    assert.ok(ids(pod("{ hostNetwork: yes }")).includes("K01"));
    assert.ok(ids(pod("{ <<: { hostNetwork: on } }")).includes("K01"));
    assert.ok(ids(good.replace("red", "2026-11-21")).length === 0);
  });

  it("judges all files together", () => {
    const namespace =
      "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n  labels:\n    pod-security.kubernetes.io/enforce: restricted\n";
    const found = judge({ "a.yaml": namespace, "b.yaml": good }).judgements;
    assert.ok(found.some(({ rule }) => rule.id === "N02"));
  });

  it("lets nothing in a name reach the terminal", () => {
    const { judgements } = judge({
      "a.yaml": pod("{ hostPID: true }").replace("name: a", 'name: "\\e[2Jgone"'),
    });
    assert.ok(!renderFindings(judgements, createColors(false)).includes("\u001b"));
  });

  it("judges hundreds of objects in seconds", function () {
    this.timeout(20_000);
    const text = Array.from({ length: 500 }, (_, index) => good.replace("name: a", `name: a${index}`)).join(
      "---\n",
    );
    const started = Date.now();
    assert.equal(judge({ "a.yaml": text }).objects.length, 500);
    assert.ok(Date.now() - started < 15_000);
  });

  describe("as a command", () => {
    const platform = (args: readonly string[], input = "") =>
      spawnSync(process.execPath, [resolve("cli", "platform.js"), "policy", "check", ...args], {
        encoding: "utf8",
        input,
      });

    it("ends with 0 for good objects, with 4 for broken ones, and prints neither colours nor stray text", () => {
      const fine = platform(["-"], good);
      assert.deepEqual([fine.status, fine.stderr], [0, ""]);
      assert.match(fine.stdout, /\d+ rules of stage prod over 1 objects of 1 files: 0 broken/);
      const broken = platform(["-", "--format", "sarif"], pod("{ hostPID: true }"));
      assert.equal(broken.status, 4);
      const { version } = JSON.parse(broken.stdout) as { version: string };
      assert.equal(version, "2.1.0");
      assert.match(broken.stderr, /Mandatory rules are broken: K01/);
      assert.ok(!`${broken.stderr}${broken.stdout}`.includes("\u001b"));
    });

    it("writes the report where --output says, and never over an input", () => {
      const report = join(folder, "report.xml");
      const ended = platform(["-", "--format", "junit", "--output", report, "--stage", "lab"], good);
      assert.equal(ended.status, 0, ended.stderr);
      assert.match(readFileSync(report, "utf8"), /^<\?xml/);
      writeFileSync(join(folder, "input.yaml"), good);
      const over = platform([join(folder, "input.yaml"), "--output", join(folder, "input.yaml")]);
      assert.deepEqual([over.status, readFileSync(join(folder, "input.yaml"), "utf8")], [2, good]);
      assert.equal(platform(["-", "--output", join(folder, "none", "report")], good).status, 2);
    });

    it("refuses an unknown stage or form with status 2", () => {
      assert.equal(platform(["-", "--stage", "production"], good).status, 2);
      assert.equal(platform(["-", "--format", "html"], good).status, 2);
    });
  });
});
