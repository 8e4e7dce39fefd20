import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkValues,
  exceptions,
  keysOfValues,
  mergeKeys,
  mergeValues,
  secretValues,
  withSchema,
  writePath,
  type ChartKeys,
} from "../../../lib/src/charts";
import { parsePins } from "../../../lib/src/release";

const root = join(__dirname, "..", "..", "..");
const chartFiles = readdirSync(join(root, "charts"));
const readKeys = (file: string) => JSON.parse(readFileSync(join(root, "charts", file), "utf8")) as ChartKeys;

const valuesText = `
# Prose: is no key, and neither is this.
image:
  # -- Where from
  repository: quay.io/x
  # tag: v1
  #digest: sha256:0
# -- Open to anything
nodeSelector: {}
#  disk: ssd
# @schema
# type: [null, string]
# @schema
resources: {}
config:
  text: |
    # inner: of a text
    other: of a text
  rules:
    - name: of a list
      # extra: of a list
  "a.b": 1
  unset:
list: []
`;
const chart = (text: string): ChartKeys => ({
  chart: "sample",
  version: "1.2.3",
  repository: "https://charts.example",
  files: {},
  gaps: [],
  keys: keysOfValues(text),
});
const problems = (values: Record<string, unknown>, keys = chart(valuesText)): string[] =>
  checkValues(keys, values).map(({ path, fix }) => `${writePath(path)}: ${fix}`);

describe("keysOfValues", () => {
  it("reads keys with a default, commented keys in the table they belong to, and nothing out of texts and lists", () => {
    assert.deepEqual(keysOfValues(valuesText), {
      image: { repository: "scalar", tag: "any", digest: "any" },
      nodeSelector: { "*": "any" },
      resources: { "*": "any" },
      config: { text: "scalar", rules: "list", "a.b": "scalar", unset: "any" },
      list: "list",
    });
  });

  it("refuses a text that is no YAML", () => {
    assert.throws(() => keysOfValues("a: [\n"), /values\.yaml is no YAML/);
  });
});

describe("withSchema", () => {
  const schema = {
    $defs: { port: { type: "integer" }, any: {} },
    properties: {
      image: { type: "object", properties: { pullPolicy: { type: "string" } } },
      port: { $ref: "#/$defs/port" },
      either: { type: ["string", "object"] },
      labels: { type: "object", additionalProperties: { type: "string" } },
      closed: { type: "object", additionalProperties: false, properties: { one: {} } },
      config: { properties: { text: { type: ["object", "string"] } } },
    },
  };

  it("adds keys, opens tables of any names, closes those that say so, and knows values of two kinds", () => {
    const keys = withSchema(keysOfValues(`${valuesText}closed: {}\neither: ""\n`), schema);
    assert.deepEqual(keys.image, { repository: "scalar", tag: "any", digest: "any", pullPolicy: "scalar" });
    assert.equal(keys.port, "scalar");
    assert.equal(keys.either, "any");
    assert.deepEqual(keys.labels, { "*": "any" });
    assert.deepEqual(keys.closed, { one: "any" });
    assert.equal((keys.config as Record<string, unknown>).text, "any");
  });

  it("ends at a schema that contains itself", () => {
    const endless = {
      $defs: { a: { properties: { a: { $ref: "#/$defs/a" } } } },
      properties: { a: { $ref: "#/$defs/a" } },
    };
    assert.equal(typeof withSchema({}, endless).a, "object");
  });
});

describe("mergeKeys", () => {
  it("lets names close a table that was open for want of names, and takes two kinds for anything", () => {
    assert.deepEqual(mergeKeys({ a: { "*": "any" }, b: "list" }, { a: { c: "scalar" }, b: "scalar" }), {
      a: { c: "scalar" },
      b: "any",
    });
  });
});

describe("mergeValues", () => {
  it("merges tables and replaces everything else, null included, as Helm does", () => {
    const ours = { a: { b: 1, c: [1, 2] }, d: "x", e: { f: 1 } };
    assert.deepEqual(mergeValues(ours, { a: { c: [3] }, d: { g: 1 }, e: null }), {
      a: { b: 1, c: [3] },
      d: { g: 1 },
      e: null,
    });
    assert.deepEqual(ours.a.c, [1, 2]);
  });
});

describe("checkValues", () => {
  it("accepts what the chart knows: keys, commented keys, open tables, null for any default", () => {
    const values = {
      image: { tag: "v2", repository: null },
      nodeSelector: { disk: "ssd" },
      config: { "a.b": 2, unset: { any: "thing" } },
      resources: { limits: { memory: "1Gi" } },
    };
    assert.deepEqual(problems(values), []);
  });

  it("names the nearest key, or the place a key has moved to", () => {
    assert.deepEqual(problems({ image: { repositry: "x" } }), [
      "image.repositry: chart sample 1.2.3 has no such key; did you mean image.repository",
    ]);
    assert.deepEqual(problems({ repository: "x" }), [
      "repository: chart sample 1.2.3 has no such key; did you mean image.repository",
    ]);
    assert.deepEqual(problems({ somethingElse: 1 }), [
      "somethingElse: chart sample 1.2.3 has no such key; remove it",
    ]);
  });

  it("refuses values of another kind", () => {
    assert.deepEqual(problems({ image: "quay.io/x:v1", list: "a", config: { text: ["a"] } }), [
      "image: is a table in the chart; write its keys under it",
      "list: is a scalar, and the chart has a list there",
      "config.text: is a list, and the chart has a text, number or flag there",
    ]);
  });

  it("follows the listed exceptions: more keys in a closed table, fewer in an open one", () => {
    const loki = readKeys("loki.json");
    assert.deepEqual(problems({ loki: { limits_config: { retention_period: "1d" } } }, loki), []);
    assert.deepEqual(problems({ maglev: { tabelSize: 1 } }, readKeys("cilium.json")), [
      "maglev.tabelSize: chart cilium 1.20.0 has no such key; did you mean maglev.tableSize",
    ]);
  });

  it("knows the shapes of Kubernetes where a chart leaves them open", () => {
    assert.deepEqual(problems({ resources: { limit: { memory: "1Gi" } } }), [
      "resources.limit: chart sample 1.2.3 has no such key; did you mean resources.limits",
    ]);
  });
});

describe("secretValues", () => {
  it("finds texts under names of secrets and private keys, not names of Secrets", () => {
    const values = {
      admin: { password: "x", existingSecret: "grafana", passwordKey: "key", userPassword: "" },
      list: [{ authToken: "x" }, { secretName: "tls" }],
      apiKey: { secretKeyRef: { name: "a" } },
      text: "-----BEGIN EC PRIVATE KEY-----",
    };
    assert.deepEqual(secretValues(values), ["admin.password", "list.0.authToken", "text"]);
  });
});

describe("the charts' keys", () => {
  const pins = parsePins(readFileSync(join(root, "releases", "pins.json"), "utf8"));

  it("are those of the pinned charts, and of no others", () => {
    const found = chartFiles
      .map(readKeys)
      .map(({ chart: name, version, repository, files }) => [
        name,
        { version, repository, valuesSha256: files["values.yaml"] },
      ]);
    assert.deepEqual(Object.fromEntries(found), pins.charts);
  });

  for (const file of chartFiles) {
    it(`of ${file} catch each of them when it is renamed`, function () {
      this.timeout(120_000);
      const keys = readKeys(file);
      let renamed = 0;
      const missed: string[] = [];
      const visit = (table: ChartKeys["keys"], path: readonly string[]): void => {
        for (const [key, node] of Object.entries(table)) {
          if (key === "*") continue;
          if (typeof node === "object") visit(node, [...path, key]);
          const open =
            "*" in table ||
            exceptions.some((each) => each.chart === keys.chart && each.path === writePath(path));
          if (open || Object.hasOwn(table, `${key}X`)) continue;
          renamed += 1;
          const values = [...path, `${key}X`].reduceRight<unknown>((inner, part) => ({ [part]: inner }), 1);
          const [problem, ...more] = checkValues(keys, values as Record<string, unknown>);
          if (
            problem === undefined ||
            more.length > 0 ||
            writePath(problem.path) !== writePath([...path, `${key}X`])
          )
            missed.push(writePath([...path, key]));
        }
      };
      visit(keys.keys, []);
      assert.deepEqual(missed, []);
      assert.ok(renamed > 10, `only ${String(renamed)} keys could be renamed`);
    });
  }
});
