import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readChart } from "../../../../cli/release/read-chart";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const values = "image: x\ninner:\n  on: true\n";
const files: Record<string, string> = {
  "outer/Chart.yaml":
    "name: outer\nversion: 1.0.0\ndependencies:\n  - {name: inner, version: 2.x}\n  - {name: far, version: 3.0.0, alias: near}\n",
  "outer/values.yaml": values,
  "outer/values.schema.json": JSON.stringify({ properties: { port: { type: "integer" } } }),
  "inner/Chart.yaml": "name: inner\nversion: 2.1.0\n",
  "inner/values.yaml": "size: 1\n",
};
const pin = { version: "1.0.0", repository: "https://charts.example", valuesSha256: sha256(values) };
const keys = {
  image: "scalar",
  inner: { on: "scalar", size: "scalar", global: { "*": "any" } },
  port: "scalar",
  near: { "*": "any", enabled: "scalar" },
  global: { "*": "any" },
};

describe("readChart", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "t-read-chart-"));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("reads a folder: keys, schema, sub-charts, the hash of every file, and what was not in hand", async () => {
    assert.deepEqual(await readChart(folder, "outer", pin), {
      chart: "outer",
      version: "1.0.0",
      repository: "https://charts.example",
      files: {
        "values.yaml": sha256(values),
        "values.schema.json": sha256(files["outer/values.schema.json"] ?? ""),
        "charts/inner/values.yaml": sha256("size: 1\n"),
      },
      gaps: [
        "charts/inner was read at 2.1.0, and the chart asks for 2.x",
        "charts/far 3.0.0 was not in hand",
      ],
      keys,
    });
  });

  it("reads an archive with the sub-charts inside it", async () => {
    mkdirSync(join(folder, "outer", "charts"));
    execFileSync("mv", [join(folder, "inner"), join(folder, "outer", "charts", "inner")]);
    execFileSync("tar", ["-czf", join(folder, "outer-1.0.0.tgz"), "-C", folder, "outer"]);
    rmSync(join(folder, "outer"), { recursive: true });
    const chart = await readChart(folder, "outer", pin);
    assert.deepEqual(chart.keys, keys);
    assert.deepEqual(chart.gaps, ["charts/far 3.0.0 was not in hand"]);
  });

  it("refuses a chart that is not the pinned one, and a folder without it", async () => {
    await assert.rejects(
      readChart(folder, "outer", { ...pin, version: "1.0.1" }),
      /pins\.json has outer 1\.0\.1 .* is 1\.0\.0 .*; correct the one that is wrong/,
    );
    await assert.rejects(
      readChart(folder, "outer", { ...pin, valuesSha256: "0".repeat(64) }),
      /correct the one/,
    );
    await assert.rejects(
      readChart(folder, "other", pin),
      /neither other-1\.0\.0\.tgz nor other\/Chart\.yaml; fetch the chart from https:\/\/charts\.example/,
    );
  });
});
