import assert from "node:assert/strict";
import { checkManifests, manifestFacts } from "../../policy/manifests";
import { junit } from "../../policy/report/junit";
import { sarif } from "../../policy/report/sarif";
import { rules } from "../../policy/rules/all";
import { contextOf } from "./support/good-stack";

const manifest = `# two objects
apiVersion: v1
kind: Service
metadata: { name: web, namespace: web }
spec: { type: NodePort }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: "<pod>" }
    spec: { hostNetwork: true, containers: [{ name: a, image: "registry.k8s.io/a:1" }] }
---
# nothing here
`;
const options = { rules, context: contextOf({}) };
const judged = checkManifests([{ text: manifest, file: "web.yaml" }], options).judgements;

describe("manifests", () => {
  it("finds every object, those in lists too, with its line", () => {
    const found = manifestFacts(manifest, "web.yaml").map(({ type, line }) => `${type}:${line}`);
    assert.deepEqual(found, ["kubernetes:core/v1:Service:2", "kubernetes:core/v1:Pod:7"]);
  });

  it("judges them by the same rules", () => {
    const ids = new Set(judged.map(({ rule }) => rule.id));
    for (const id of ["N05", "K01", "K14", "K19", "K22"]) assert.ok(ids.has(id), id);
  });

  it("puts objects of a chart into the release's namespace", () => {
    const pod =
      "apiVersion: v1\nkind: Pod\nmetadata: { name: tetragon }\nspec: { hostPID: true, containers: [] }\n";
    const ids = (namespace: string) =>
      checkManifests([{ text: pod, file: "pod.yaml" }], { ...options, namespace }).judgements.map(
        ({ rule }) => rule.id,
      );
    assert.ok(!ids("kube-system").includes("K01"));
    assert.ok(ids("web").includes("K01"));
  });

  it("says where a text is no YAML", () => {
    assert.throws(
      () => manifestFacts("a: b\nc: [1\n", "x.yaml"),
      /Reading x\.yaml as YAML failed in line \d+/,
    );
  });
});

describe("SARIF", () => {
  interface Log {
    readonly version: string;
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string };
            readonly region: { readonly startLine: number };
          };
        }[];
      }[];
    }[];
  }
  const [run] = (sarif(judged, rules, "0.1.0") as Log).runs;

  it("names every rule, and each result its rule, file and line", () => {
    assert.equal(run?.tool.driver.rules.length, rules.length);
    assert.equal(run.results.length, judged.length);
    for (const result of run.results)
      assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
    const service = run.results.find(({ ruleId }) => ruleId === "N05");
    assert.equal(service?.level, "error");
    assert.deepEqual(service.locations[0]?.physicalLocation, {
      artifactLocation: { uri: "web.yaml" },
      region: { startLine: 2 },
    });
  });

  it("makes advisories warnings and what was not judged a note", () => {
    const levels = (level: "advisory" | "mandatory", notJudged: boolean) => {
      const [first] = judged;
      assert.ok(first);
      const finding = { ...first.finding, ...(notJudged ? { notJudged: true as const } : {}) };
      return (sarif([{ ...first, level, finding }], rules, "0.1.0") as Log).runs[0]?.results[0]?.level;
    };
    assert.equal(levels("advisory", false), "warning");
    assert.equal(levels("mandatory", true), "note");
  });
});

describe("JUnit", () => {
  const text = junit(judged, rules);

  it("has one case a rule, failed where something is broken", () => {
    assert.equal(text.match(/<testcase /g)?.length, rules.length);
    const broken = new Set(judged.filter(({ level }) => level !== "advisory").map(({ rule }) => rule.id));
    assert.equal(text.match(/<failure /g)?.length, broken.size);
    assert.match(text, new RegExp(`<testsuites tests="${rules.length}" failures="${broken.size}"`));
  });

  it("escapes what XML cannot hold", () => {
    assert.ok(text.includes("&lt;pod&gt;"));
    assert.ok(!text.includes("<pod>"));
    const [first] = judged;
    assert.ok(first);
    const control = junit([{ ...first, finding: { path: "\u0001", message: 'says "a & b"' } }], rules);
    assert.ok(control.includes("says &quot;a &amp; b&quot;"));
    assert.ok(!control.includes("\u0001"));
  });
});
