import assert from "node:assert/strict";
import type { Guest } from "./support/guest";
import { LsmNode, policyOf } from "./support/lsm-node";
import { sharedGuest } from "./support/shared-guest";

const NAME = "exec";
const SUBJECT = "/subject";
/** EPERM, in the words of a shell, and of the dynamic loader when a file is not mapped for it. */
const DENIED = /Operation not permitted|failed to map segment/;
const LOADER = "/lib64/ld-linux-x86-64.so.2";

describe("lsm_exec", function () {
  this.timeout(120_000);
  let guest: Guest;
  let node: LsmNode;

  const deny = policyOf({
    name: NAME,
    kind: "exec",
    list: "deny",
    files: ["/opt/exec/victim", "/opt/exec/script", "/opt/exec/folder/"],
    digests: [],
  });

  before(async function () {
    guest = await sharedGuest(this);
    node = await LsmNode.install(guest);
    // Both are echo; a policy tells them apart by what they are, not by what they do.
    await guest.run(
      "mkdir -p /opt/exec/folder /opt/exec/bound && cd /opt/exec && cp /bin/echo victim && cp /bin/echo twin && cp /bin/echo folder/inside && printf '#!/bin/sh\\necho script\\n' >script && chmod 755 script",
    );
    await node.attach(deny);
  });

  after(async () => {
    await node?.must("remove", NAME, "--maps");
  });

  const run = async (command: string) => guest.as(SUBJECT, command);
  const works = async (command: string, says = "ran"): Promise<void> => {
    const { code, stdout, stderr } = await run(command);
    assert.deepEqual([code, stdout.trim(), stderr], [0, says, ""], command);
  };
  const isDenied = async (command: string): Promise<void> => {
    const { code, stdout, stderr } = await run(command);
    assert.notEqual(code, 0, `${command}: ${stdout}`);
    assert.match(stderr, DENIED, command);
  };

  it("does nothing before it has rules", async () => {
    await works("/opt/exec/victim ran");
    assert.deepEqual(await node.events(NAME), []);
  });

  it("in audit only reports", async () => {
    await node.write(deny, "audit");
    await works("/opt/exec/victim ran");
    const [event] = await node.events(NAME);
    assert.ok(event);
    assert.deepEqual(
      [event.mode, event.hook, event.rule, event.text],
      ["audit", "exec", 1, "/opt/exec/victim"],
    );
  });

  describe("enforcing a deny-list", () => {
    before(async () => {
      await node.write(deny, "enforce");
    });

    it("denies the file with EPERM and reports it", async () => {
      await isDenied("/opt/exec/victim ran");
      const [event] = await node.events(NAME);
      assert.ok(event);
      assert.deepEqual(
        [event.mode, event.hook, event.rule, event.text, event.uid],
        ["enforce", "exec", 1, "/opt/exec/victim", 0],
      );
    });

    it("lets its twin run", async () => works("/opt/exec/twin ran"));

    const ways: readonly [name: string, command: string][] = [
      ["a hard link", "ln /opt/exec/victim /opt/exec/link; /opt/exec/link ran"],
      ["a relative path", "cd /opt/exec; ./victim ran"],
      ["a symbolic link", "ln -s /opt/exec/victim /tmp/soft; /tmp/soft ran"],
      [
        "a bind mount",
        "mount --bind /opt/exec /opt/exec/bound; /opt/exec/bound/victim ran; s=$?; umount /opt/exec/bound; exit $s",
      ],
      ["/proc/self/fd", "exec 9</opt/exec/victim; /proc/self/fd/9 ran"],
      ["the dynamic loader", `${LOADER} /opt/exec/victim ran`],
      ["another root directory", "chroot /opt /exec/victim ran"],
      ["a script's own name", "/opt/exec/script"],
      ["a folder of the list", "/opt/exec/folder/inside ran"],
    ];
    for (const [name, command] of ways) it(`is not got round by ${name}`, async () => isDenied(command));

    it("is not got round by a rename", async () => {
      await guest.run("mv /opt/exec/victim /opt/exec/renamed");
      await isDenied("/opt/exec/renamed ran");
      await guest.run("mv /opt/exec/renamed /opt/exec/victim");
    });

    it("still names a file that was replaced, by its path", async () => {
      await guest.run("cd /opt/exec && cp -p victim kept && cp /bin/echo new && mv new victim");
      await isDenied("/opt/exec/victim ran");
      await guest.run("cd /opt/exec && mv kept victim");
      await node.write(deny, "enforce");
    });

    it("compares whole paths: a name with another end is another file", async () => {
      // The guide's program compared 12 of the 13 characters of "/usr/bin/wget", from a buffer of 16 bytes.
      await guest.run(
        "cd /opt/exec && for name in victi victiX victim2 victim-of-a-longer-name; do cp twin $name; done",
      );
      for (const name of ["victi", "victiX", "victim2", "victim-of-a-longer-name"])
        await works(`/opt/exec/${name} ran`);
    });

    it("is got round by a plain copy", async () => {
      await works("cp /opt/exec/victim /tmp/copy; /tmp/copy ran");
    });

    it("does not read scripts: their interpreter may run them", async () => {
      await works("sh /opt/exec/script", "script");
    });

    it("never rules the SSH daemon's cgroup", async () => {
      assert.equal(await guest.run("/opt/exec/victim ran"), "ran");
    });

    it("rules only its scope, and not what is exempt", async () => {
      await node.write({ ...deny, scope: [SUBJECT], exempt: [`${SUBJECT}/inner`] }, "enforce");
      await isDenied("/opt/exec/victim ran");
      assert.equal((await guest.as("/elsewhere", "/opt/exec/victim ran")).stdout, "ran\n");
      assert.equal((await guest.as(`${SUBJECT}-2`, "/opt/exec/victim ran")).stdout, "ran\n");
      assert.equal((await guest.as(`${SUBJECT}/inner`, "/opt/exec/victim ran")).stdout, "ran\n");
    });
  });

  describe("enforcing an allow-list", () => {
    const folders = ["/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/lib64/"];
    let digest: string;
    const allow = () =>
      policyOf({
        name: NAME,
        kind: "exec",
        list: "allow",
        files: [...folders, "/opt/exec/twin"],
        digests: [digest],
        scope: [SUBJECT],
      });

    before(async () => {
      digest = await guest.run(
        `cp /bin/echo /opt/exec/signed && printf signed >>/opt/exec/signed && python3 - /opt/exec/signed <<'END'\n${VERITY}\nEND`,
      );
      assert.match(digest, /^[0-9a-f]{64}$/);
      await node.write(allow(), "enforce");
    });

    it("lets folders, a file by inode and a file by fs-verity digest run", async () => {
      await works("/usr/bin/echo ran");
      await works("/opt/exec/twin ran");
      await works("/opt/exec/signed ran");
    });

    it("denies everything else, a plain copy included", async () => {
      await isDenied("/opt/exec/victim ran");
      await isDenied("cp /bin/echo /tmp/copied; /tmp/copied ran");
      const { rule, text } = (await node.events(NAME)).at(-1) ?? assert.fail("no event");
      assert.deepEqual([rule, text], [0, "/tmp/copied"]);
    });

    it("takes no copy of a signed file for it, unless it is signed too", async () => {
      await isDenied("cp /opt/exec/signed /opt/exec/signed2; /opt/exec/signed2 ran");
      await guest.run(`python3 - /opt/exec/signed2 <<'END'\n${VERITY}\nEND`);
      await works("/opt/exec/signed2 ran");
    });

    it("is not got round by the dynamic loader or by a file in memory", async () => {
      await isDenied(`${LOADER} /tmp/copied ran`);
      await isDenied(`python3 - <<'END'\n${FROM_MEMORY}\nEND`);
    });
  });
});

/** Makes a file's content final and prints its digest (linux/fsverity.h: FS_IOC_ENABLE_VERITY, FS_IOC_MEASURE_VERITY). */
const VERITY = `
import fcntl, os, struct, sys
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(file, 0x40806685, struct.pack("IIIIQIIQ", 1, 1, 4096, 0, 0, 0, 0, 0) + bytes(88))
print(fcntl.ioctl(file, 0xc0046686, struct.pack("HH", 0, 32) + bytes(32))[4:].hex())
`.trim();

/** Runs a program that was never in a file system. */
const FROM_MEMORY = `
import os
file = os.memfd_create("copy")
os.write(file, open("/bin/echo", "rb").read())
os.execv("/proc/self/fd/%d" % file, ["echo", "ran"])
`.trim();
