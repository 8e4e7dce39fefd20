import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConnection } from "../../components/node/connection";
import { NodeCommand, type CommandTarget, type NodeCommandArgs } from "../../components/node/node-command";
import type { NodeSession } from "../../components/node/ssh";
import { engineEnvironment, type EngineEnvironment } from "../engine/contract/active-providers";
import { missing } from "../support/missing";
import { EngineStack, type EngineRun } from "./support/engine-stack";
import { eventually } from "./support/eventually";
import {
  ask,
  bootMachine,
  FIRST_BOOT_MS,
  needNspawn,
  STACK,
  testKey,
  type TestMachine,
} from "./support/machines";

const SCRIPTS = "test/node/fixtures";

/** Each thing remote.Command does that could hurt is made harmless or bounded; seen through the real engine. */
describe("NodeCommand, through the engine", function () {
  this.timeout(180_000);
  let environment: EngineEnvironment | undefined;
  let machine: TestMachine;
  let session: NodeSession;
  let stack: EngineStack;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
    machine = await bootMachine("g", "command", 2);
    session = await machine.open();
    stack = await EngineStack.create(STACK, found.path);
  });

  after(async () => {
    session?.close();
    if (stack) assert.equal((await stack.destroy()).failed, false);
    stack?.discard();
    environment?.dispose();
    await machine?.delete();
  });

  function target(changes: Partial<NodeConnection> = {}): CommandTarget {
    return {
      name: "command",
      connection: pulumi.secret({ ...machine.connection, ...changes }),
      instance: pulumi.output("first"),
      lifetime: {},
    };
  }

  function command(name: string, script: string, more: Partial<NodeCommandArgs> = {}): () => void {
    return () => {
      new NodeCommand(name, {
        machine: target(),
        script: `${SCRIPTS}/${script}`,
        args: { name, word: "run" },
        kind: "declarative",
        timeoutSeconds: 30,
        ...more,
      });
    };
  }

  const runs = async (name: string): Promise<string[]> =>
    (await ask(session, `cat /root/${name}.runs 2>/dev/null || true`)).split("\n").filter(Boolean);

  function good(run: EngineRun): EngineRun {
    assert.equal(run.failed, false, run.text);
    return run;
  }

  it("is not hung by one output line of 300 kB", async () => {
    const run = good(await stack.up(command("loud", "loud.sh")));
    assert.ok(run.seconds < 60);
    assert.ok(!run.text.includes("xxxx"), "nothing of the output is printed");
  });

  it("ends a step that would never end, because the node does, within its limit and the grace", async () => {
    const run = await stack.up(command("hang", "hang.sh", { timeoutSeconds: 2 }));
    assert.ok(run.failed);
    assert.ok(run.seconds < 45, `${run.seconds} s`);
    assert.match(
      run.text,
      /step t\d+\.hang on node command: it was ended after its time limit of 2 s; its log is/,
    );
    assert.equal(await ask(session, "pgrep -fc '[e]bpf-step' || true"), "0");
  });

  it("prints neither script nor secret when a step fails, and keeps neither in clear", async () => {
    const secrets = { token: `T0KEN-${process.pid}-clear` };
    const run = await stack.up(command("fail", "fail.sh", { secrets }));
    assert.ok(run.failed);
    assert.match(run.text, /on node command: its script ended with status 3; its log is .* ends with:/);
    assert.match(run.text, /words of the script, token <secret>/);
    for (const leaked of [secrets.token, "exit 3", machine.connection.privateKey.split("\n")[2] ?? ""]) {
      assert.ok(!run.text.includes(leaked), `"${leaked}" was printed`);
    }
    good(await stack.up(command("fail", "count.sh", { secrets })));
    const state = stack.state(STACK);
    assert.ok(
      !state.includes(secrets.token) && !state.includes(Buffer.from(secrets.token).toString("base64")),
    );
    assert.ok(!state.includes(machine.connection.privateKey.split("\n")[2] ?? "-"));
  });

  it("does not run again when nothing or only the connection has changed, and runs again for new content", async () => {
    const name = "again";
    good(await stack.up(command(name, "count.sh")));
    assert.deepEqual(good(await stack.up(command(name, "count.sh"))).operations, {});
    const moved = target({ hostKey: `${machine.connection.hostKey} a comment` });
    const update = good(
      await stack.up(command(name, "count.sh", { machine: moved, dial: { errors: 9, seconds: 9 } })),
    );
    assert.deepEqual(update.operations, { [name]: "update" });
    assert.deepEqual(await runs(name), ["run"]);
    const changed = good(await stack.up(command(name, "count.sh", { args: { name, word: "other" } })));
    assert.deepEqual(changed.operations, { [name]: "update" });
    assert.deepEqual(await runs(name), ["run", "other"]);
    // Another machine under the same name: nothing has run there, so its input has to be another one.
    const replaced = { ...target(), instance: pulumi.output("second") };
    const there = good(
      await stack.up(command(name, "count.sh", { args: { name, word: "other" }, machine: replaced })),
    );
    assert.deepEqual(there.operations, { [name]: "update" });
  });

  it("leaves no connection open once the run is over, and the node takes 40 at once", async () => {
    good(
      await stack.up(() => {
        for (let nth = 0; nth < 12; nth++) command(`open${nth}`, "count.sh")();
      }),
    );
    await eventually("only the test's own connection is open", 20_000, async () => {
      return (await ask(session, "ss -Htn state established sport = :22 | wc -l")) === "1";
    });
    const many = await Promise.all(Array.from({ length: 40 }, () => machine.open()));
    assert.equal(await ask(session, "ss -Htn state established sport = :22 | wc -l"), "41");
    for (const each of many) each.close();
  });

  it("sends nothing to a node with another host key, and gives up in seconds", async () => {
    const other = target({ hostKey: testKey().public });
    const run = await stack.up(command("pinned", "count.sh", { machine: other }));
    assert.ok(run.failed);
    assert.match(run.text, /host key mismatch/);
    assert.ok(run.seconds < 60, `${run.seconds} s`);
    assert.deepEqual(await runs("pinned"), []);
  });

  it("refuses a host key that no modern sshd can prove, before any dial", async () => {
    const rsa = target({ hostKey: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==" });
    const run = await stack.preview(command("rsa", "count.sh", { machine: rsa }));
    assert.ok(run.failed);
    assert.match(
      run.text,
      /The host key of node command must be a line like "ssh-ed25519 AAAA…".*an RSA key/,
    );
  });

  it("gives up on a node that does not answer, within the bound of its dials", async () => {
    const dead = target({ port: 9 });
    const run = await stack.up(command("dead", "count.sh", { machine: dead }));
    assert.ok(run.failed);
    assert.match(run.text, /connection refused/);
    assert.ok(run.seconds < 60, `${run.seconds} s`);
  });

  it("undoes the old before it runs the new, and is undone by destroy", async () => {
    const name = "owned";
    const owned = (word: string): (() => void) =>
      command(name, "count.sh", { args: { name, word }, kind: { undo: `${SCRIPTS}/count-undo.sh` } });
    good(await stack.up(owned("one")));
    const replaced = good(await stack.up(owned("two")));
    assert.match(replaced.operations[name] ?? "", /replace|delete-replaced/);
    assert.deepEqual(await runs(name), ["one", "undo one", "two"]);
    good(await stack.destroy());
    assert.deepEqual(await runs(name), ["one", "undo one", "two", "undo two"]);
  });

  it("asks for a dead agent to be unset instead of failing on the node", async () => {
    const before = process.env.SSH_AUTH_SOCK;
    process.env.SSH_AUTH_SOCK = "/nonexistent/agent";
    try {
      const run = await stack.preview(command("agent", "count.sh"));
      assert.ok(run.failed);
      assert.match(run.text, /SSH_AUTH_SOCK names the agent socket \/nonexistent\/agent, which is gone/);
    } finally {
      if (before === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = before;
    }
  });
});
