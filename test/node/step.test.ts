import { strict as assert } from "node:assert";
import { NodeError } from "../../components/node/node-error";
import { runStep, undoStep, type Step } from "../../components/node/run-step";
import { openSession, type NodeSession } from "../../components/node/ssh";
import { ask, bootMachine, FIRST_BOOT_MS, needNspawn, type TestMachine } from "./support/machines";

describe("step on a node", () => {
  let machine: TestMachine;
  let session: NodeSession;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("e", "steps", 2);
    session = await machine.open();
  });

  after(async () => {
    session?.close();
    await machine?.delete();
  });

  const step = (id: string, script: string, more: Partial<Step> = {}): Step => ({
    id,
    script,
    timeoutSeconds: 30,
    ...more,
  });
  const fails = async (promise: Promise<unknown>): Promise<NodeError> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof NodeError, String(error));
    return error;
  };
  const lines = async (path: string): Promise<number> =>
    Number(await ask(session, `wc -l <${path} 2>/dev/null || echo 0`));

  it("sees its arguments and secrets as variables, whatever is in them, and answers one JSON object", async () => {
    const args = { plain: "a b", quoted: `it's "$HOME" \`id\` \\`, lines: "one\ntwo\n", empty: "" };
    const script = `printf '%s|' "$plain" "$quoted" "$lines" "$empty" "$word" | base64 -w0 >/root/seen
      printf '{"ok": true,\\n "number": %d}\\n' 7 >&3`;
    const answer = await runStep(
      session,
      step("variables", script, { args, secrets: { word: "päss'w$rd" } }),
    );
    assert.deepEqual([answer.state, answer.output], ["done", { ok: true, number: 7 }]);
    const seen = Buffer.from(await ask(session, "cat /root/seen"), "base64").toString();
    assert.equal(seen, `a b|it's "$HOME" \`id\` \\|one\ntwo\n||päss'w$rd|`);
  });

  it("is skipped, with its answer, only when its latest run had the same content and succeeded", async function () {
    this.timeout(30_000);
    const a = step("latest", `echo a >>/root/latest; echo '{"was":"a"}' >&3`);
    const b = step("latest", `echo b >>/root/latest; echo '{"was":"b"}' >&3`);
    const broken = step("latest", `echo c >>/root/latest; false`);
    assert.equal((await runStep(session, a)).state, "done");
    const again = await runStep(session, a);
    assert.deepEqual([again.state, again.output], ["skipped", { was: "a" }]);
    await runStep(session, b);
    // Going back to what ran before the latest run is a change too.
    assert.equal((await runStep(session, a)).state, "done");
    await fails(runStep(session, broken));
    await fails(runStep(session, broken));
    assert.equal((await runStep(session, a)).state, "done");
    assert.equal((await runStep(session, { ...a, always: true })).state, "done");
    assert.equal((await runStep(session, { ...a, args: { x: "1" } })).state, "done");
    assert.equal((await runStep(session, { ...a, secrets: { x: "1" } })).state, "done");
    assert.equal(
      (await runStep(session, { ...a, secrets: { x: "1" }, timeoutSeconds: 31 })).state,
      "skipped",
    );
    assert.equal(await ask(session, "paste -sd '' /root/latest"), "abaccaaaa");
  });

  it("fails with status, file of the log and its tail, and blots secrets out", async () => {
    const script = `set -x; echo "token is $token"; cat /nonexistent`;
    const secrets = { token: "s3cret-t0ken", pem: "line-one-of-key\nline-two-of-key" };
    const error = await fails(runStep(session, step("failing", `${script}; echo "$pem"`, { secrets })));
    assert.equal(error.kind, "remote");
    assert.match(
      error.message,
      /^Step failing on node steps: its script ended with status 1; its log is \/var\/lib/,
    );
    assert.match(error.message, /cat: \/nonexistent: No such file/);
    assert.match(error.message, /token is <secret>/);
    assert.ok(!error.message.includes("s3cret"), error.message);
  });

  it("stops at the first failing command, at an unset variable and in a pipe", async () => {
    for (const script of ["false; true", "echo $unset; true", "false | cat; true", "x=$(false); true"]) {
      await fails(runStep(session, step("strict", script)));
    }
  });

  it("is ended with all it started at its time limit", async function () {
    this.timeout(30_000);
    const slow = step("slow", "setsid sleep 4242 & sleep 4243", { timeoutSeconds: 1 });
    const deaf = step("deaf", "trap '' TERM; while :; do sleep 1; done", { timeoutSeconds: 1 });
    const [error, other] = await Promise.all([fails(runStep(session, slow)), fails(runStep(session, deaf))]);
    assert.deepEqual([error.kind, other.kind], ["timeout", "timeout"]);
    assert.match(
      error.message,
      /^Step slow on node steps: it was ended after its time limit of 1 s; its log is/,
    );
    assert.equal(await ask(session, "pgrep -f '[s]leep 424[23]' || echo none"), "none");
  });

  it("does not wait for what it leaves behind, and ends it", async () => {
    const answer = await runStep(session, step("daemon", "sleep 4244 & disown; echo started"));
    assert.equal(answer.state, "done");
    assert.equal(await ask(session, "pgrep -f '[s]leep 4244' || echo none"), "none");
  });

  it("takes any output: 300 kB in one line, 40 MB, NUL, CR, invalid UTF-8", async function () {
    this.timeout(60_000);
    const script = `head -c 300000 /dev/zero | tr '\\0' x; printf 'a\\0b\\rc\\377d\\n'; head -c 40000000 /dev/zero; echo; echo END`;
    assert.equal((await runStep(session, step("loud", script))).state, "done");
    const size = Number(await ask(session, "cat /var/lib/ebpf-platform/steps/loud/log* | wc -c"));
    assert.equal(size, 8_388_608 + 1_048_576);
    const error = await fails(runStep(session, step("loud", `${script}; exit 9`)));
    assert.match(error.message, /status 9.*\nEND$/s);
    assert.ok(error.message.length < 6000);
  });

  it("refuses an answer that is no JSON object or above its limit", async () => {
    const long = step("answer", `printf '{"x":"%s"}' "$(head -c 40000 /dev/zero | tr '\\0' x)" >&3`);
    assert.match(
      (await fails(runStep(session, long))).message,
      /its output is 400\d\d bytes, the limit is 30720/,
    );
    const text = step("answer", "echo hello >&3");
    assert.match((await fails(runStep(session, text))).message, /its output is no JSON object/);
    const fits = step("answer", `printf '{"x":"%s"}' "$(head -c 30000 /dev/zero | tr '\\0' x)" >&3`);
    assert.equal(String((await runStep(session, fits)).output?.x).length, 30_000);
  });

  it("is undone by its own undo, after which it runs again", async () => {
    const owned = step("owned", "echo $name >/root/$name; echo run >>/root/owned", {
      undo: "rm -f /root/$name",
      args: { name: "thing" },
    });
    await runStep(session, owned);
    await undoStep(session, owned);
    assert.equal(await ask(session, "ls /root/thing 2>/dev/null || echo gone"), "gone");
    assert.equal(
      await ask(session, "ls -d /var/lib/ebpf-platform/steps/owned 2>/dev/null || echo gone"),
      "gone",
    );
    await undoStep(session, owned);
    assert.equal((await runStep(session, owned)).state, "done");
    assert.equal(await lines("/root/owned"), 2);
    assert.match((await fails(undoStep(session, step("plain", "true")))).message, /has no undo/);
  });

  it("serves a login other than root that may use sudo", async () => {
    // The node has no sudo: a wrapper around a setpriv with the set-user-ID bit does what sudo -n does.
    await ask(
      session,
      `useradd -m -d /srv/ops ops && install -d -o ops -m 700 /srv/ops/.ssh &&
        install -o ops -m 600 /root/.ssh/authorized_keys /srv/ops/.ssh/ &&
        install -m 4755 /usr/bin/setpriv /usr/local/lib/as-root &&
        printf '#!/bin/sh\nshift\nexec /usr/local/lib/as-root --reuid 0 --regid 0 --clear-groups "$@"\n' >/usr/local/bin/sudo &&
        chmod 755 /usr/local/bin/sudo && rm -f /usr/local/lib/ebpf-platform/runner`,
    );
    const ops = await openSession(
      { ...machine.connection, user: "ops" },
      { node: "steps", deadlineMs: 10_000 },
    );
    const answer = await runStep(ops, step("sudo", `printf '{"id":"%s"}' "$(id -un)" >&3`));
    assert.deepEqual([answer.state, answer.output], ["done", { id: "root" }]);
    await ask(session, "rm /usr/local/bin/sudo /usr/local/lib/as-root");
    assert.match(
      (await fails(runStep(ops, step("sudo", "true")))).message,
      /^Step sudo on node steps could not be run: .*sudo/,
    );
    ops.close();
  });

  it("puts another runner back in its place", async () => {
    await ask(session, "echo 'echo not the runner' >/usr/local/lib/ebpf-platform/runner");
    assert.equal((await runStep(session, step("again", "true"))).state, "done");
    await ask(session, "rm /usr/local/lib/ebpf-platform/runner");
    assert.equal((await runStep(session, step("again", "true"))).state, "skipped");
  });

  it("keeps secrets out of processes, journal and every file that stays", async function () {
    this.timeout(60_000);
    const secret = `S3CRET${String(process.pid)}VALUE`;
    const script = `
      set +e
      cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -aqFf <(echo "$token") && echo leaked
      find / -xdev -type f -perm /077 -newermt '-1 hour' -print0 | xargs -0 grep -lFf <(echo "$token") && echo leaked
      stat -c %a:%U /run/ebpf-platform/steps/*/ /run/ebpf-platform/steps/*/script
      stat -f -c %T /run`;
    await runStep(session, step("quiet", script, { secrets: { token: secret } }));
    const log = await ask(session, "cat /var/lib/ebpf-platform/steps/quiet/log");
    assert.equal(log, "700:root\n600:root\ntmpfs");
    await ask(session, "journalctl --sync");
    const found = await ask(
      session,
      `grep -rlsaF ${secret} /run /var /tmp /etc /root /usr/local 2>/dev/null; journalctl -a --no-pager | grep -cF ${secret} || true`,
    );
    assert.equal(found, "0");
  });

  it("says before it starts that the disk is full, and after it that its result could not be kept", async function () {
    this.timeout(30_000);
    await ask(
      session,
      "mkdir -p /var/lib/ebpf-platform && mount -t tmpfs -o size=256k tmpfs /var/lib/ebpf-platform",
    );
    try {
      const filling = step("filling", "head -c 10000000 /dev/zero >/var/lib/ebpf-platform/fill || true");
      const after = await fails(runStep(session, filling));
      assert.match(
        after.message,
        /^Step filling on node steps: it ended with status 0, but \/var\/lib\/ebpf-platform\/steps\/filling\/result could not be written \(0 free of 256K on \/var\/lib\/ebpf-platform\); make room there and repeat$/,
      );
      const before = await fails(runStep(session, step("full", "touch /root/must-not-run")));
      assert.match(
        before.message,
        /^Step full on node steps: \/var\/lib\/ebpf-platform\/steps\/full cannot be written \([\d.]+K? free of 256K/,
      );
      assert.equal(await ask(session, "ls /root/must-not-run 2>/dev/null || echo none"), "none");
      await ask(session, "rm /var/lib/ebpf-platform/fill");
      assert.equal((await runStep(session, step("full", "true"))).state, "done");
    } finally {
      await ask(session, "umount /var/lib/ebpf-platform");
    }
  });
});
