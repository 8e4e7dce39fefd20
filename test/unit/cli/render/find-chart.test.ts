import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChart, type ChartPlaces } from "../../../../cli/render/find-chart";
import { Helm } from "../../../../cli/render/helm";

const bytes = "an archive";
const sha256 = createHash("sha256").update(bytes).digest("hex");
const release = {
  ...{ name: "logs", namespace: "monitoring", chart: "loki", version: "1.2.3", values: {} },
  repository: "https://charts.example",
};

describe("findChart", () => {
  let root: string;
  let places: ChartPlaces & { folder: string };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ebpf-platform-find-chart-"));
    places = { folder: join(root, "folder"), fetched: join(root, "fetched"), digests: {} };
    for (const folder of [places.folder, places.fetched]) mkdirSync(folder);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  /** A Helm that cannot reach a repository: what it says is the reason. */
  const offline = () => new Helm("/bin/false", "3.0.0", root);

  it("takes the archive of the folder, and says whether its digest was compared", async () => {
    writeFileSync(join(places.folder, "loki-1.2.3.tgz"), bytes);
    const found = await findChart(release, offline(), places);
    assert.ok("path" in found);
    assert.match(found.origin, /with no digest in the lock$/);
    const locked = await findChart(release, offline(), { ...places, digests: { loki: { sha256 } } });
    assert.ok("path" in locked);
    assert.match(locked.origin, /digest as locked$/);
  });

  it("refuses an archive that is not the locked one, in the folder and in the stack's own", async () => {
    const path = join(places.folder, "loki-1.2.3.tgz");
    writeFileSync(path, bytes);
    const digests = { loki: { sha256: "0".repeat(64) } };
    for (const each of [release, { ...release, chart: path }]) {
      const found = await findChart(each, offline(), { ...places, digests });
      assert.ok("reason" in found);
      assert.ok(
        found.reason.includes(`has SHA-256 ${sha256} and the release's lock says 0000`),
        found.reason,
      );
    }
  });

  it("takes an unpacked chart of the right version only", async () => {
    mkdirSync(join(places.folder, "loki"));
    for (const [version, expected] of [
      ["1.2.3", "path"],
      ["1.2.4", "reason"],
    ] as const) {
      writeFileSync(join(places.folder, "loki", "Chart.yaml"), `name: loki\nversion: ${version}\n`);
      assert.ok(expected in (await findChart(release, offline(), places)), version);
    }
  });

  it("names a chart that is nowhere", async () => {
    const found = await findChart(release, offline(), places);
    assert.ok("reason" in found);
    assert.match(found.reason, /^not in .*folder; /);
  });
});
