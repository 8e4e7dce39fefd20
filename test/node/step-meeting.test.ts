import { strict as assert } from "node:assert";
import { NodeError } from "../../components/node/node-error";
import { runStep, type Step } from "../../components/node/run-step";
import { openSession, type NodeSession } from "../../components/node/ssh";
import { eventually } from "./support/eventually";
import { ask, bootMachine, FIRST_BOOT_MS, needNspawn, type TestMachine } from "./support/machines";
import { startRelay } from "./support/relay";

/** Callers that meet, vanish or are killed: the step has its effect once, and the next run converges. */
describe("step with several or vanishing callers", () => {
  let machine: TestMachine;
  let session: NodeSession;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("f", "meet", 2);
    session = await machine.open();
  });

  after(async () => {
    session?.close();
    await machine?.delete();
  });

  /** Counts its starts, then waits until the test lets it go on. */
  const gated = (id: string, word = "x"): Step => ({
    id,
    script: `echo "$word" >>/root/${id}.starts; until test -e /root/${id}.gate; do sleep 0.05; done; echo "$word" >>/root/${id}.ends; echo '{"met":true}' >&3`,
    args: { word },
    timeoutSeconds: 60,
  });
  const count = async (file: string): Promise<number> =>
    Number(await ask(session, `cat /root/${file} 2>/dev/null | wc -l`));
  const started = (id: string): Promise<void> =>
    eventually(`step ${id} starts`, 10_000, async () => (await count(`${id}.starts`)) > 0);
  const release = (id: string): Promise<string> => ask(session, `touch /root/${id}.gate`);

  it("goes on when the connection is cut; who comes next meets it and shares its end", async function () {
    this.timeout(60_000);
    const relay = await startRelay({ host: machine.spec.address, port: 22 });
    const through = await openSession(
      { ...machine.connection, host: "127.0.0.1", port: relay.port },
      { node: "meet", deadlineMs: 10_000 },
    );
    const first = assert.rejects(
      runStep(through, gated("cut")),
      (error) => error instanceof NodeError && error.kind === "cut",
    );
    await started("cut");
    relay.drop();
    await first;
    const second = runStep(session, gated("cut"));
    await release("cut");
    assert.deepEqual((await second).output, { met: true });
    assert.equal((await runStep(session, gated("cut"))).state, "skipped");
    assert.deepEqual([await count("cut.starts"), await count("cut.ends")], [1, 1]);
    await relay.close();
  });

  it("runs once for two engines with the same content", async function () {
    this.timeout(60_000);
    const other = await machine.open();
    const both = [runStep(session, gated("same")), runStep(other, gated("same"))];
    await started("same");
    await release("same");
    for (const { output } of await Promise.all(both)) assert.deepEqual(output, { met: true });
    assert.equal(await count("same.starts"), 1);
    other.close();
  });

  it("runs one after the other for two engines with different content", async function () {
    this.timeout(60_000);
    const other = await machine.open();
    const first = runStep(session, gated("turns", "one"));
    await started("turns");
    const second = runStep(other, gated("turns", "two"));
    await eventually("the second caller waits", 10_000, async () => {
      return (await ask(session, "pgrep -fc '[l]ib/ebpf-platform/runner run'")) === "2";
    });
    assert.equal(await count("turns.starts"), 1);
    await release("turns");
    await Promise.all([first, second]);
    assert.equal(await ask(session, "paste -sd ' ' /root/turns.starts /root/turns.ends"), "one two\none two");
    other.close();
  });

  it("gives the same end to everyone who met it, also a bad one", async function () {
    this.timeout(60_000);
    const failing: Step = { ...gated("bad"), script: `${gated("bad").script}; exit 5` };
    const other = await machine.open();
    const ends = [session, other].map((each) =>
      assert.rejects(runStep(each, failing), /its script ended with status 5/),
    );
    await started("bad");
    await release("bad");
    await Promise.all(ends);
    assert.equal(await count("bad.starts"), 1);
    other.close();
  });

  it("is met again when its caller on the node is killed", async function () {
    this.timeout(60_000);
    const first = assert.rejects(runStep(session, gated("orphan")), NodeError);
    await started("orphan");
    await ask(session, "pkill -KILL -f '[l]ib/ebpf-platform/runner run'");
    await first;
    const second = runStep(session, gated("orphan"));
    await release("orphan");
    assert.deepEqual((await second).output, { met: true });
    assert.equal(await count("orphan.starts"), 1);
  });

  it("fails and runs again when the step itself is killed, and leaves no secrets behind", async function () {
    this.timeout(60_000);
    const step: Step = { ...gated("killed"), secrets: { word2: "hidden" } };
    const first = assert.rejects(
      runStep(session, step),
      /ended without a result, as after a kill or a reboot; repeat/,
    );
    await started("killed");
    await ask(session, "systemctl kill --signal=KILL 'ebpf-step-killed-*'");
    await first;
    await eventually(
      "the secrets are gone",
      5000,
      async () => (await ask(session, "ls /run/ebpf-platform/steps")) === "",
    );
    await release("killed");
    assert.equal((await runStep(session, step)).state, "done");
    assert.deepEqual([await count("killed.starts"), await count("killed.ends")], [2, 1]);
  });

  it("runs again after a reboot in the middle, although an earlier run had succeeded", async function () {
    this.timeout(60_000);
    const good: Step = { id: "boot", script: "echo good >>/root/boot.good", timeoutSeconds: 60 };
    await runStep(session, good);
    const cut = assert.rejects(runStep(session, gated("boot")), NodeError);
    await started("boot");
    await session.exec("systemctl reboot --force", { timeoutMs: 10_000 }).catch((error: unknown) => {
      if (!(error instanceof NodeError)) throw error;
    });
    await cut;
    session.close();
    session = await machine.open();
    assert.equal((await runStep(session, good)).state, "done");
    assert.equal(await count("boot.good"), 2);
  });
});
