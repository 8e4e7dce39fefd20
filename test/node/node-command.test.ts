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

  describe("in one run with many commands, some of which fail", () => {
    const secrets = { token: `T0KEN-${process.pid}-clear` };
    let run: EngineRun;

    before(async () => {
      run = await stack.up(() => {
        command("loud", "loud.sh")();
        command("hang", "hang.sh", { timeoutSeconds: 2 })();
        command("fail", "fail.sh", { secrets })();
        command("pinned", "count.sh", { machine: target({ hostKey: testKey().public }) })();
        command("dead", "count.sh", { machine: target({ port: 9 }) })();
        for (let nth = 0; nth < 12; nth++) command(`open${nth}`, "count.sh", { secrets })();
      });
    });

    it("ends, failed, within the sum of its bounds", () => {
      assert.ok(run.failed);
      assert.ok(run.seconds < 90, `${run.seconds} s`);
      assert.deepEqual(
        Object.keys(run.words).filter((name) => name.startsWith("open")),
        [],
      );
    });

    it("is not hung by one output line of 300 kB", () => {
      assert.equal(run.words.loud, undefined, "it succeeded, and nothing of its output is printed");
    });

    it("ends a step that would never end, because the node does", async () => {
      const words =
        /^.* step t\d+\.hang on node command: it was ended after its time limit of 2 s; its log is/ms;
      assert.match(run.words.hang?.replaceAll("\n", " ") ?? "", words);
      assert.equal(await ask(session, "pgrep -fc '[e]bpf-step' || true"), "0");
    });

    it("prints neither script nor secret when a step fails, and keeps neither in clear", () => {
      assert.match(
        run.words.fail ?? "",
        /on node command: its script ended with status 3; its log is .* ends with:/,
      );
      assert.match(run.words.fail ?? "", /words of the script, token <secret>/);
      const key = machine.connection.privateKey.split("\n")[2] ?? "-";
      for (const text of [secrets.token, Buffer.from(secrets.token).toString("base64"), "exit 3", key]) {
        assert.ok(!run.text.includes(text), `"${text}" was printed`);
        assert.ok(!stack.state(STACK).includes(text), `"${text}" is in the state`);
      }
    });

    it("sends nothing to a node with another host key", async () => {
      assert.match(run.words.pinned ?? "", /host key mismatch/);
      assert.deepEqual(await runs("pinned"), []);
    });

    it("gives up on a node that does not answer", () => {
      assert.match(run.words.dead ?? "", /connection refused/);
    });

    it("leaves no connection open once the run is over, and the node takes 40 at once", async () => {
      for (let nth = 0; nth < 12; nth++) assert.deepEqual(await runs(`open${nth}`), ["run"]);
      await eventually("only the test's own connection is open", 20_000, async () => {
        return (await ask(session, "ss -Htn state established sport = :22 | wc -l")) === "1";
      });
      const many = await Promise.all(Array.from({ length: 40 }, () => machine.open()));
      assert.equal(await ask(session, "ss -Htn state established sport = :22 | wc -l"), "41");
      for (const each of many) each.close();
    });
  });

  describe("through the life of one command of each kind", () => {
    const life: EngineRun[] = [];
    const both = (word: string, machine = target(), more: Partial<NodeCommandArgs> = {}): (() => void) => {
      return () => {
        const args = (name: string): Partial<NodeCommandArgs> => ({ args: { name, word }, machine, ...more });
        command("again", "count.sh", args("again"))();
        command("owned", "count.sh", { ...args("owned"), kind: { undo: `${SCRIPTS}/count-undo.sh` } })();
      };
    };

    before(async () => {
      const moved = target({ hostKey: `${machine.connection.hostKey} a comment` });
      const other = { ...target(), instance: pulumi.output("second") };
      life.push(good(await stack.up(both("one"))));
      life.push(good(await stack.up(both("one"))));
      life.push(good(await stack.up(both("one", moved, { dial: { errors: 9, seconds: 9 } }))));
      life.push(good(await stack.up(both("two"))));
      life.push(good(await stack.up(both("two", other))));
      good(await stack.destroy());
    });

    it("changes nothing when nothing has changed", () => {
      assert.deepEqual(life[1]?.operations, {});
    });

    it("does not run again on the node when only the connection has changed", async () => {
      assert.deepEqual(life[2]?.operations, { again: "update", owned: "update" });
      assert.deepEqual((await runs("again"))[0], "one");
      assert.deepEqual(await runs("again"), ["one", "two"]);
    });

    it("undoes the old before it runs the new, and is undone by destroy", async () => {
      assert.match(life[3]?.operations.owned ?? "", /replace|delete-replaced/);
      assert.deepEqual(await runs("owned"), ["one", "undo one", "two", "undo two"]);
    });

    it("asks another machine of the same name, which has done nothing yet", () => {
      assert.deepEqual(life[4]?.operations, { again: "update", owned: "update" });
    });
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
