import assert from "node:assert/strict";
import type { LsmConfig } from "@ebpf-platform/lib/config";
import type { Guest } from "./support/guest";
import { LsmNode, policyOf } from "./support/lsm-node";
import { sharedGuest } from "./support/shared-guest";

const SUBJECT = "/subject";
const DENIED = /Operation not permitted/;

/** Index of dropped events in the map `stats` (enum lsm_counter). */
const DROPPED = 0;

describe("LSM hooks", function () {
  this.timeout(120_000);
  let guest: Guest;
  let node: LsmNode;

  before(async function () {
    guest = await sharedGuest(this);
    node = await LsmNode.install(guest);
  });

  const run = async (command: string) => guest.as(SUBJECT, command);
  const works = async (command: string, says: string | RegExp = ""): Promise<void> => {
    const { code, stdout, stderr } = await run(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    if (typeof says === "string") assert.equal(stdout.trim(), says, command);
    else assert.match(stdout, says, command);
  };
  const isDenied = async (command: string): Promise<void> => {
    const { code, stdout, stderr } = await run(command);
    assert.notEqual(code, 0, `${command}: ${stdout}`);
    assert.match(stderr, DENIED, command);
  };

  /** Attaches a policy around the cases of a suite. */
  const attached = (policy: LsmConfig): void => {
    before(async () => {
      await node.attach(policy);
    });
    after(async () => {
      await node?.must("remove", policy.name, "--maps");
    });
  };

  describe("lsm_file", () => {
    const files = policyOf({
      name: "files",
      kind: "file",
      files: [
        { path: "/opt/file/kept", access: "write" },
        { path: "/opt/file/secret", access: "any" },
        { path: "/opt/file/script", access: "any" },
        { path: "/opt/file/folder/", access: "write" },
      ],
    });
    attached(files);
    before(async () => {
      await guest.run(
        "mkdir -p /opt/file/folder && cd /opt/file && for name in kept secret twin folder/inside; do echo text >$name; done; echo 'echo ran' >script",
      );
    });

    it("in audit only reports", async () => {
      await node.write(files, "audit");
      await works("cat /opt/file/secret", "text");
      const [event] = await node.events("files");
      assert.ok(event);
      assert.deepEqual(
        [event.mode, event.hook, event.rule, event.text, event.comm],
        ["audit", "file-open", 2, "/opt/file/secret", "cat"],
      );
    });

    it("denies writing, or reading too, and lets the twin be", async () => {
      await node.write(files, "enforce");
      await works("cat /opt/file/kept", "text");
      await isDenied("echo more >>/opt/file/kept");
      await isDenied("cat /opt/file/secret");
      await isDenied("echo more >/opt/file/folder/inside");
      await works("echo more >>/opt/file/twin; cat /opt/file/twin", "text\nmore");
      const events = await node.events("files");
      assert.deepEqual(
        events.map(({ mode, rule, text }) => [mode, rule, text]),
        [
          ["enforce", 1, "/opt/file/kept"],
          ["enforce", 2, "/opt/file/secret"],
          ["enforce", 4, "/opt/file/folder/inside"],
        ],
      );
    });

    it("is not got round by a hard link, and denies a script to its interpreter", async () => {
      await isDenied("ln /opt/file/secret /opt/file/link; cat /opt/file/link");
      await isDenied("sh /opt/file/script");
      const [, event] = await node.events("files");
      assert.equal(event?.text, "/opt/file/script");
    });

    it("does not see what needs no open file", async () => {
      await works("rm /opt/file/kept");
    });
  });

  describe("lsm_connect", () => {
    const egress = policyOf({
      name: "egress",
      kind: "connect",
      list: "deny",
      rules: [
        { to: "127.0.0.0/8", port: 22, action: "deny" },
        { to: "127.9.0.0/16", action: "deny" },
        { to: "127.9.9.0/24", action: "allow" },
        { to: "::1/128", port: 22, action: "deny" },
      ],
    });
    attached(egress);

    /** Connects, and says how that ended. */
    const connect = (address: string, port: number): string =>
      `python3 -c 'import socket, sys
try:
    socket.create_connection(("${address}", ${port}), 5)
    print("connected")
except OSError as error:
    print(error.strerror)'`;

    it("in audit only reports", async () => {
      await node.write(egress, "audit");
      await works(connect("127.0.0.1", 22), "connected");
      const [event] = await node.events("egress");
      assert.ok(event);
      assert.deepEqual(
        [event.mode, event.hook, event.rule, event.address, event.port],
        ["audit", "connect", 1, "127.0.0.1", 22],
      );
    });

    it("denies by prefix and port, the longest prefix first", async () => {
      await node.write(egress, "enforce");
      await works(connect("127.0.0.1", 22), "Operation not permitted");
      await works(connect("127.0.0.1", 9), "Connection refused");
      await works(connect("127.9.0.1", 9), "Operation not permitted");
      await works(connect("127.9.9.1", 9), "Connection refused");
      const events = await node.events("egress");
      assert.deepEqual(
        events.map(({ mode, rule, address, port }) => [mode, rule, address, port]),
        [
          ["enforce", 1, "127.0.0.1", 22],
          ["enforce", 2, "127.9.0.1", 9],
        ],
      );
    });

    it("denies over IPv6, and IPv4 in IPv6", async () => {
      await works(connect("::1", 22), "Operation not permitted");
      await works(connect("::ffff:127.0.0.1", 22), "Operation not permitted");
    });

    it("denies datagrams that name their address, and TCP Fast Open", async () => {
      const send = (type: string, flags: string, port: number) =>
        `python3 -c 'import socket
try:
    socket.socket(socket.AF_INET, socket.${type}).sendto(b"x", ${flags}, ("127.9.0.1", ${port}))
    print("sent")
except OSError as error:
    print(error.strerror)'`;
      await works(send("SOCK_DGRAM", "0", 9), "Operation not permitted");
      await works(send("SOCK_STREAM", "socket.MSG_FASTOPEN", 9), "Operation not permitted");
    });

    it("as an allow-list denies what no rule names", async () => {
      const allow = policyOf({
        ...egress,
        kind: "connect",
        list: "allow",
        rules: [{ to: "127.0.0.1/32", action: "allow" }],
        scope: [SUBJECT],
      });
      await node.write(allow, "enforce");
      await works(connect("127.0.0.1", 9), "Connection refused");
      await works(connect("127.0.0.2", 9), "Operation not permitted");
    });

    it("counts the events for which its ring buffer has no room", async () => {
      await node.write(egress, "audit");
      await node.events("egress");
      await works(`python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3000):
    try:
        s.sendto(b"x", ("127.9.0.1", 9))
    except ConnectionRefusedError:
        pass'`);
      const arrived = (await node.events("egress")).length;
      const dropped = await node.counter("egress", DROPPED);
      assert.ok(dropped > 0, "none was dropped");
      assert.equal(arrived + dropped, 3000);
    });
  });

  describe("lsm_kill", () => {
    const guard = policyOf({
      name: "guard",
      kind: "kill",
      files: ["/opt/kill/daemon"],
      cgroups: ["/protected"],
    });
    attached(guard);
    let service: string;
    let daemon: string;
    let twin: string;
    before(async () => {
      await guest.run("mkdir -p /opt/kill && cp /bin/sleep /opt/kill/daemon");
      const start = async (cgroup: string, command: string): Promise<string> =>
        (await guest.as(cgroup, `${command} >/dev/null 2>&1 & echo $!`)).stdout.trim();
      service = await start("/protected", "sleep 600");
      daemon = await start("/elsewhere", "/opt/kill/daemon 600");
      twin = await start("/elsewhere", "sleep 600");
    });
    after(async () => {
      await guest?.try(`kill ${service} ${daemon}`);
    });

    it("in audit only reports", async () => {
      await node.write(guard, "audit");
      // SIGURG is ignored by those who do not ask for it.
      await works(`kill -URG ${service}`);
      const [event] = await node.events("guard");
      assert.ok(event);
      assert.deepEqual([event.mode, event.hook, event.rule, event.signal], ["audit", "kill", 2, 23]);
    });

    it("denies signals from outside, by cgroup and by file, and lets the twin be killed", async () => {
      await node.write(guard, "enforce");
      await isDenied(`kill -KILL ${service}`);
      await isDenied(`kill -KILL ${daemon}`);
      await works(`kill -0 ${service} && kill -0 ${daemon}`);
      await works(`kill -KILL ${twin}`);
      const events = await node.events("guard");
      assert.deepEqual(
        events.map(({ mode, rule, signal }) => [mode, rule, signal]),
        [
          ["enforce", 2, 9],
          ["enforce", 1, 9],
        ],
      );
    });

    it("lets a protected service signal its own", async () => {
      const { code, stderr } = await guest.as("/protected", `kill -URG ${service}`);
      assert.equal(code, 0, stderr);
    });
  });

  describe("lsm_mount", () => {
    const mounts = policyOf({
      name: "mounts",
      kind: "mount",
      types: ["tmpfs"],
      folders: ["/opt/mount/held"],
    });
    attached(mounts);
    before(async () => {
      await guest.run("mkdir -p /opt/mount/held/inside /opt/mount/free");
    });
    const tmpfs = "mount -t tmpfs none /opt/mount/free && umount /opt/mount/free";
    const below = "mount --bind /opt/mount/free /opt/mount/held/inside && umount /opt/mount/held/inside";

    it("in audit only reports", async () => {
      await node.write(mounts, "audit");
      await works(tmpfs);
      const [event] = await node.events("mounts");
      assert.ok(event);
      assert.deepEqual([event.mode, event.hook, event.rule, event.text], ["audit", "mount", 1, "tmpfs"]);
    });

    it("denies a type, and everything on a folder", async () => {
      await node.write(mounts, "enforce");
      // mount(8) words EPERM as "permission denied".
      for (const command of [tmpfs, below]) {
        const { code, stderr } = await run(command);
        assert.equal(code, 32, stderr);
        assert.match(stderr, /permission denied/);
      }
      await works("mount -t ramfs none /opt/mount/free && umount /opt/mount/free");
      await works("mount --bind /opt/mount/held /opt/mount/free && umount /opt/mount/free");
      const events = await node.events("mounts");
      assert.deepEqual(
        events.map(({ mode, rule, text }) => [mode, rule, text]),
        [
          ["enforce", 1, "tmpfs"],
          ["enforce", 2, "bind"],
        ],
      );
    });

    it("is not got round by the newer calls", async () => {
      await works(`python3 - <<'END'\n${NEW_MOUNT}\nEND`, "Operation not permitted");
      const [event] = await node.events("mounts");
      assert.deepEqual([event?.hook, event?.rule, event?.text], ["move-mount", 1, "tmpfs"]);
    });
  });
});

/** Mounts a tmpfs by fsopen, fsconfig, fsmount and move_mount (numbers of asm-generic/unistd.h). */
const NEW_MOUNT = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
context = libc.syscall(430, b"tmpfs", 0)
libc.syscall(431, context, 6, None, None, 0)
mount = libc.syscall(432, context, 0, 0)
result = libc.syscall(429, mount, b"", -100, b"/opt/mount/free", 4)
print("mounted" if result == 0 else os.strerror(ctypes.get_errno()))
`.trim();
