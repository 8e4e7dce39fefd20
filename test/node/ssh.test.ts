import { strict as assert } from "node:assert";
import type { NodeConnection } from "../../components/node/connection";
import { NodeError, type NodeErrorKind } from "../../components/node/node-error";
import { openSession, type NodeSession } from "../../components/node/ssh";
import { startRelay, type Relay } from "./support/relay";
import { ask, bootMachine, FIRST_BOOT_MS, needNspawn, testKey, type TestMachine } from "./support/machines";

describe("SSH to a node", () => {
  let machine: TestMachine;
  let session: NodeSession;
  let relay: Relay | undefined;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("d", "ssh", 2);
    session = await machine.open();
  });

  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });

  after(async () => {
    session?.close();
    await machine?.delete();
  });

  /** The same node through a relay of ours. */
  async function relayed(listenAfterMs = 0): Promise<NodeConnection> {
    relay = await startRelay({ host: machine.spec.address, port: 22 }, listenAfterMs);
    return { ...machine.connection, host: "127.0.0.1", port: relay.port };
  }

  /** Logins that sshd has heard of, by what it logs on each. */
  const journal = (pattern: string): Promise<string> =>
    ask(session, `journalctl --sync; journalctl -u ssh --no-pager -o cat | grep -cE '${pattern}' || true`);

  it("refuses another host key before it sends anything of a login, at the first dial", async () => {
    const other = testKey();
    const connection = { ...(await relayed()), hostKey: other.public };
    const logins = await journal("publickey");
    const error = await nodeError("host-key", openSession(connection, { node: "ssh", deadlineMs: 20_000 }));
    const seen = await ask(session, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2");
    assert.ok(error.message.includes(`has the host key ${seen}, not the pinned SHA256:`), error.message);
    assert.equal(relay?.dials, 1);
    assert.equal(await journal("publickey"), logins);
  });

  it("stops at the first dial when the key is refused", async () => {
    const connection = { ...(await relayed()), privateKey: testKey().private };
    const error = await nodeError("auth", openSession(connection, { node: "ssh", deadlineMs: 20_000 }));
    assert.match(
      error.message,
      /^Node ssh at 127\.0\.0\.1:\d+ refused the key of user root \(key refused\); put /,
    );
    assert.equal(relay?.dials, 1);
  });

  it("names a private key that is none, and a pinned RSA key, without a dial", async () => {
    const connection = await relayed();
    const options = { node: "ssh", deadlineMs: 5000 };
    await nodeError("auth", openSession({ ...connection, privateKey: "no key" }, options));
    await assert.rejects(
      openSession({ ...connection, hostKey: "ssh-rsa AAAA" }, options),
      /an RSA key, which no/,
    );
  });

  it("gives up on a dead host at the deadline, with what came back", async function () {
    this.timeout(20_000);
    const gone = { ...machine.connection, host: machine.spec.address.replace(/\.2$/, ".250") };
    for (const connection of [gone, { ...machine.connection, port: 9 }]) {
      const started = Date.now();
      const error = await nodeError(
        "unreachable",
        openSession(connection, { node: "ssh", deadlineMs: 3000 }),
      );
      assert.match(error.message, /^Node ssh did not answer SSH at .* within 3 s \(.+\); see that it runs/);
      assert.ok(Date.now() - started < 6000);
    }
  });

  it("dials again while a booting node refuses", async () => {
    const connection = await relayed(1000);
    const late = await openSession(connection, { node: "ssh", deadlineMs: 20_000 });
    assert.equal(await ask(late, "hostname"), "ssh");
    late.close();
  });

  it("notices a link that is cut without a word within seconds", async function () {
    this.timeout(30_000);
    const cut = await openSession(await relayed(), { node: "ssh", deadlineMs: 20_000 });
    const running = cut.exec("echo started; sleep 600", { timeoutMs: 120_000 });
    const started = Date.now();
    relay?.drop();
    const error = await nodeError("cut", running);
    assert.match(error.message, /^The connection to node ssh was lost while a command ran/);
    assert.ok(Date.now() - started < 15_000, `${Date.now() - started} ms`);
    await nodeError("cut", cut.exec("true", { timeoutMs: 5000 }));
  });

  it("says so when the link is reset", async () => {
    const cut = await openSession(await relayed(), { node: "ssh", deadlineMs: 20_000 });
    const running = cut.exec("sleep 600", { timeoutMs: 60_000 });
    setTimeout(() => relay?.reset(), 200);
    await nodeError("cut", running);
  });

  it("goes through a jump host, each hop with its own pinned key", async () => {
    const inner = { ...machine.connection, host: "127.0.0.1" };
    const through = await openSession(
      { ...inner, proxy: machine.connection },
      { node: "ssh", deadlineMs: 20_000 },
    );
    assert.equal(await ask(through, "echo $SSH_CLIENT | cut -d' ' -f1"), "127.0.0.1");
    through.close();
    const wrong = { ...machine.connection, hostKey: testKey().public };
    const error = await nodeError(
      "host-key",
      openSession({ ...inner, proxy: wrong }, { node: "ssh", deadlineMs: 20_000 }),
    );
    assert.match(error.message, /^Node ssh \(its jump host\) at /);
  });

  it("does not ask an agent, so a dead SSH_AUTH_SOCK harms nothing", async () => {
    const before = process.env.SSH_AUTH_SOCK;
    process.env.SSH_AUTH_SOCK = "/nonexistent/agent";
    try {
      (await machine.open()).close();
    } finally {
      if (before === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = before;
    }
  });

  it("takes a line of 300 kB, NUL, CR and invalid UTF-8, and keeps the end within the limit", async function () {
    this.timeout(60_000);
    const line = await session.exec("head -c 300000 /dev/zero | tr '\\0' x; echo END", {
      timeoutMs: 20_000,
      maxBytes: 1_000_000,
    });
    assert.equal(line.stdout.length, 300_004);
    const odd = await session.exec("printf 'a\\0b\\rc\\377d\\n' >&2; exit 7", { timeoutMs: 5000 });
    assert.deepEqual([odd.code, odd.stderr], [7, "a\0b\rc\uFFFDd\n"]);
    const long = await session.exec("head -c 50000000 /dev/zero; echo END", { timeoutMs: 50_000 });
    assert.equal(Buffer.byteLength(long.stdout), 65_536);
    assert.ok(long.stdout.endsWith("END\n"));
  });

  it("tells status and signal apart, passes standard input, and ends at its time limit", async () => {
    assert.equal((await session.exec("cat; exit 3", { stdin: "in", timeoutMs: 5000 })).code, 3);
    assert.equal((await session.exec("kill -9 $$", { timeoutMs: 5000 })).signal, "KILL");
    const closed = await session.exec("exec <&-; exit 4", {
      stdin: "x".repeat(3_000_000),
      timeoutMs: 10_000,
    });
    assert.equal(closed.code, 4);
    const error = await nodeError("timeout", session.exec("sleep 60", { timeoutMs: 500 }));
    assert.match(error.message, /^A command on node ssh did not end within/);
    assert.equal(await ask(session, "echo alive"), "alive");
  });

  it("puts files whole, with their mode, whatever their name, and names node and file when it cannot", async () => {
    const content = Buffer.from([0, 1, 2, 255, 10, 39]);
    await session.put(content, "/root/it's a $(file)", "640");
    const listed = await ask(
      session,
      `stat -c %a "/root/it's a \\$(file)"; base64 "/root/it's a \\$(file)"; ls /root | wc -l`,
    );
    assert.deepEqual(listed.split("\n").slice(0, 2), ["640", content.toString("base64")]);
    await ask(session, "mkdir -p /small && mount -t tmpfs -o size=64k tmpfs /small && echo old >/small/file");
    const error = await nodeError("remote", session.put("x".repeat(100_000), "/small/file", "600"));
    assert.match(
      error.message,
      /^Node ssh could not write \/small\/file: .*No space left on device; make room/,
    );
    assert.equal(await ask(session, "ls /small; cat /small/file"), "file\nold");
    await ask(session, "umount /small");
  });
});

/** What a promise was rejected with, which must be a `NodeError` of this kind. */
async function nodeError(kind: NodeErrorKind, promise: Promise<unknown>): Promise<NodeError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NodeError, String(error));
  assert.equal(error.kind, kind, error.message);
  return error;
}
