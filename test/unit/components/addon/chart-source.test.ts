import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chartSource,
  releaseVersions,
  type ReleaseVersions,
} from "../../../../components/addon/chart-source";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const versions = (more: object = {}): ReleaseVersions => ({
  k3s: "v1.34.9+k3s1",
  charts: { falco: { version: "9.1.0", repository: "https://charts.example", ...more } },
});
const online = { profile: "small", values: {} } as const;

describe("chartSource", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "t-charts-"));
    writeFileSync(join(folder, "falco-9.1.0.tgz"), "chart");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("names version and repository, or the chart of a registry", () => {
    assert.deepEqual(chartSource("falco", versions(), online), {
      chart: "falco",
      version: "9.1.0",
      repositoryOpts: { repo: "https://charts.example" },
    });
    const registry = { repository: "oci://registry.example/charts/falco" };
    assert.deepEqual(chartSource("falco", versions(registry), online), {
      chart: "oci://registry.example/charts/falco",
      version: "9.1.0",
    });
  });

  it("takes the archive of a folder whose bytes are the lock's, or which no lock names", () => {
    const found = { chart: join(folder, "falco-9.1.0.tgz"), version: "9.1.0" };
    const offline = { ...online, folder };
    assert.deepEqual(
      chartSource("falco", versions({ archive: { sha256: sha256("chart") } }), offline),
      found,
    );
    assert.deepEqual(
      chartSource("falco", versions({ archive: { sha256: null, reason: "x" } }), offline),
      found,
    );
    assert.deepEqual(chartSource("falco", versions(), offline), found);
  });

  it("refuses other bytes, a missing archive and a chart that is not of the release", () => {
    const offline = { ...online, folder };
    assert.throws(
      () => chartSource("falco", versions({ archive: { sha256: sha256("other") } }), offline),
      /falco-9\.1\.0\.tgz has SHA-256 [0-9a-f]{64} and the release's lock says [0-9a-f]{64}; fetch the chart/,
    );
    assert.throws(
      () => chartSource("falco", versions({ version: "9.2.0" }), offline),
      /has no falco-9\.2\.0\.tgz; fetch it from https:\/\/charts\.example/,
    );
    assert.throws(
      () => chartSource("vault", versions(), online),
      /has no chart vault; add it to releases\/pins\.json/,
    );
  });
});

describe("releaseVersions", () => {
  it("takes the pins of the checkout where there is no lock", () => {
    const { k3s, charts } = releaseVersions(undefined);
    assert.match(k3s, /^v1\.\d+\.\d+\+k3s\d+$/);
    assert.equal(charts.cilium?.version, "1.20.0");
  });
});
