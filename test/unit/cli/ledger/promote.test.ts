import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readLedger } from "@ebpf-platform/lib/rollout";
import { appendRecord, keepEvidence, ledgerFile, loadLedger } from "../../../../cli/ledger/files";
import { withRelease } from "../../../../cli/release/promote";
import { verifiedWorld } from "../../lib/rollout/world";

const root = join(__dirname, "..", "..", "..", "..");
const world = verifiedWorld(["staging"]);
const stackText = `# Canary: comments stay.
config:
  ebpf-platform:stage: canary
  ebpf-platform:release: workspace # until now
  ebpf-platform:ssh: {user: platform}
`;

describe("ledger files and promotion", () => {
  const folder = mkdtempSync(join(tmpdir(), "t-promote-"));
  const outside = process.env["EBPF_PLATFORM_LEDGER"];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  /** The command line in a checkout of its own: the project's compiled code over other files. */
  const platform = (...args: string[]): { status: number | null; out: string } => {
    const ran = spawnSync(process.execPath, [join(folder, "cli/platform.js"), ...args], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", EBPF_PLATFORM_LEDGER: join(folder, "ledger") },
    });
    return { status: ran.status, out: ran.stdout + ran.stderr };
  };

  before(() => {
    process.env["EBPF_PLATFORM_LEDGER"] = join(folder, "ledger");
  });
  after(() => {
    if (outside === undefined) delete process.env["EBPF_PLATFORM_LEDGER"];
    else process.env["EBPF_PLATFORM_LEDGER"] = outside;
    rmSync(folder, { recursive: true, force: true });
  });

  it("keeps records on disk, cuts a torn line off and refuses a changed one", () => {
    const { release } = world;
    appendRecord("t-one", { type: "exposed", release }, new Date(0));
    appendRecord("t-one", { type: "rolledBack", release, reason: "S1" }, new Date(1000));
    const path = ledgerFile("t-one");
    const whole = readFileSync(path, "utf8");
    truncateSync(path, whole.length - 10);
    assert.equal(loadLedger("t-one")?.entries.length, 1);
    appendRecord("t-one", { type: "rolledBack", release, reason: "S1" }, new Date(1000));
    assert.equal(readFileSync(path, "utf8"), whole);
    assert.equal(readLedger(whole, "t-one", path).entries.length, 2);
    writeFileSync(path, whole.replace("S1", "S2"));
    assert.throws(() => loadLedger("t-one"), /line 2: the entry was changed after it was written/);
    rmSync(path);
  });

  it("keeps evidence under its hash, once", () => {
    const [[sha256, text] = ["", ""]] = world.evidence;
    const evidence = JSON.parse(text) as Parameters<typeof keepEvidence>[0];
    assert.equal(keepEvidence(evidence), sha256);
    assert.equal(keepEvidence(evidence), sha256);
    assert.equal(readFileSync(join(folder, "ledger", "evidence", `${sha256}.json`), "utf8"), text);
  });

  it("changes the release of a stack file and no other byte", () => {
    const reference = `${world.release.version}@sha256:${world.release.sha256}`;
    assert.equal(withRelease(stackText, world.release), stackText.replace("workspace", reference));
    assert.throws(() => withRelease("config: {}\n", world.release), /has no key ebpf-platform:release/);
  });

  it("promotes what the stage before has verified, and says what stands against it", function () {
    this.timeout(120_000);
    for (const part of ["cli", "bin", "lib", "package.json"]) {
      cpSync(join(root, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    write(`releases/${world.release.version}.json`, world.lock);
    for (const [path, text] of world.gates) write(path, text);
    for (const [name, text] of world.evidence) write(`ledger/evidence/${name}.json`, text);
    write("Pulumi.canary.yaml", stackText);
    write("Pulumi.prod.yaml", stackText.replace("canary", "prod"));
    const promote = (stack: string, ...more: string[]) =>
      platform("release", "promote", world.release.version, stack, ...more);

    const early = promote("canary");
    assert.equal(early.status, 1, early.out);
    assert.match(
      early.out,
      /not promoted to canary; nothing was changed:\n {2}- stack staging has no ledger/,
    );
    write("ledger/staging.ndjson", world.ledgers.get("staging")!);
    assert.equal(promote("canary", "--dry-run").status, 0);
    assert.equal(readFileSync(join(folder, "Pulumi.canary.yaml"), "utf8"), stackText);
    const done = promote("canary");
    assert.equal(done.status, 0, done.out);
    assert.equal(
      readFileSync(join(folder, "Pulumi.canary.yaml"), "utf8"),
      withRelease(stackText, world.release),
    );
    assert.match(promote("canary").out, /says .* already/);
    assert.match(promote("prod").out, /stack canary has no ledger/);

    const shown = platform("ledger", "show", "staging");
    assert.match(shown.out, /verified +3 windows of evidence, 1 BPF objects/);
    assert.match(platform("ledger", "verify").out, /staging +2 +3 +whole/);
    const [name] = world.evidence.keys();
    write(`ledger/evidence/${name!}.json`, world.evidence.get(name!)!.replace('\\"1\\"', '\\"0\\"'));
    const changed = platform("ledger", "verify", "staging");
    assert.equal(changed.status, 1);
    assert.match(changed.out, /was changed: its SHA-256 is/);
    assert.match(promote("canary").out, /was changed: its SHA-256 is/);

    const gate = join(folder, "gates", "staging.yaml");
    const files = [...world.evidence.keys()]
      .slice(1)
      .map((each) => join(folder, "ledger", "evidence", `${each}.json`));
    const replayed = platform("gate", "replay", gate, ...files);
    assert.equal(replayed.status, 0, replayed.out);
    assert.match(replayed.out, /staging\/dose-100\/gate: continue \(2 of 3 windows/);
    const lying = platform("gate", "replay", gate, join(folder, "ledger", "evidence", `${name!}.json`));
    assert.equal(lying.status, 1);
    assert.match(lying.out, /window 1: recorded PASS, its answers give NODATA/);
    assert.match(platform("gate", "check", gate).out, /staging +100 +2 of 2 +3 × 300 s/);
  });
});
