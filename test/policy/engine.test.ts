import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookForEngine } from "../../cli/engine/locate";
import { missing } from "../support/missing";
import { EngineStack } from "./support/engine-stack";

const secretSignature = "4dabf18193072939515e22adb298388d";

describe("policy pack under the real engine", function () {
  this.timeout(300_000);
  let stack: EngineStack | undefined;
  const engine = (): EngineStack => stack!;

  before(async function () {
    const found = await lookForEngine();
    if ("reason" in found) missing(this, "the Pulumi engine");
    stack = new EngineStack(found.bin);
    const made = await stack.pulumi(["stack", "init", "test"]);
    assert.equal(made.code, 0, made.stderr);
  });

  after(() => stack?.remove());

  it("stops `preview` and `up` at a break that the preview sees, before anything is touched", async () => {
    for (const result of [
      await engine().preview({ BREAK: "plain" }),
      await engine().up({ BREAK: "plain" }),
    ]) {
      assert.notEqual(result.code, 0);
      assert.match(result.stdout, /\[mandatory\].*H01-host-key-pinned/);
      assert.match(result.stdout, /H01: \.connection\.hostKey must be/);
    }
    assert.deepEqual(engine().touched(), []);
  });

  it("says what a preview cannot judge, and the update stops before that resource", async () => {
    const preview = await engine().preview({ BREAK: "late" });
    assert.equal(preview.code, 0, preview.stdout);
    assert.match(preview.stdout, /not judged yet:\n\s+H01 \.connection\.hostKey of second/);
    const up = await engine().up({ BREAK: "late" });
    assert.notEqual(up.code, 0);
    assert.match(up.stdout, /H01: \.connection\.hostKey must be/);
    assert.deepEqual(engine().touched(), ["first"]);
  });

  it("lets the good program through, and a second time without changes", async () => {
    const up = await engine().up();
    assert.equal(up.code, 0, up.stdout + up.stderr);
    assert.deepEqual(engine().touched(), ["second"]);
    const again = await engine().up({}, "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout + again.stderr);
  });

  it("judges the config of the stack on its first resource", async () => {
    const set = await engine().pulumi(["config", "set", "--stack", "test", "ebpf-platform:stage", "prod"]);
    assert.equal(set.code, 0, set.stderr);
    const result = await engine().up({ BREAK: "plain" });
    const back = await engine().pulumi(["config", "set", "--stack", "test", "ebpf-platform:stage", "lab"]);
    assert.equal(back.code, 0, back.stderr);
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /G01: \.config cannot be judged:.*stage prod runs locks only/s);
    assert.deepEqual(engine().touched(), []);
  });

  it("wraps the standard input of a command as a secret", async () => {
    const result = await engine().preview({ COMMAND: "yes" }, "--json");
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const { steps } = JSON.parse(result.stdout) as {
      steps: { urn: string; newState?: { inputs?: Record<string, unknown> } }[];
    };
    const step = steps.find(({ urn }) => urn.endsWith("command:remote:Command::step"));
    const stdin = JSON.stringify(step?.newState?.inputs?.["stdin"]);
    assert.ok(stdin.includes(secretSignature) || stdin.includes("[secret]"), stdin);
    assert.ok(!stdin.includes("not marked"));
  });

  it("stops at an expired waiver before anything is touched", async () => {
    const file = join(engine().root, "policy", "bin", "config", "lab.js");
    const text = readFileSync(file, "utf8");
    const waiver = {
      rule: "K24",
      resource: "web/web",
      reason: "until the next release of it",
      expires: "2025-01-31",
    };
    writeFileSync(file, text.replace("waivers: []", `waivers: [${JSON.stringify(waiver)}]`));
    const result = await engine().up({ BREAK: "late" });
    writeFileSync(file, text);
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /W01: it the waiver of K24 for web\/web .* expired on 2025-01-31/);
    assert.deepEqual(engine().touched(), []);
  });

  it("says how to compile a pack that is not compiled", async () => {
    rmSync(join(engine().root, "policy", "bin"), { recursive: true });
    const result = await engine().preview();
    assert.notEqual(result.code, 0);
    assert.match(result.stdout + result.stderr, /is not compiled; run 'npx tsc -b policy'/);
  });
});
