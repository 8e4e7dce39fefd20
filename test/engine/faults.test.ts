import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { refusedThenMended, refusedUnchanged, replaceLoginKey } from "./support/fault.js";
import { LabStack } from "./support/lab-stack.js";
import { linkPrograms, pinnedPrograms } from "./support/leftovers.js";
import { pathWithout } from "./support/path-without.js";
import { assertRefused } from "./support/refusal.js";
import { tail } from "./support/run.js";

/** What a run may take until it refuses: a preview and an update with a node that is dialled for 30 s, on a busy machine. */
const LIMIT_SECONDS = 150;
/** Faults that the preview finds, before anything is changed. */
const PREVIEW_SECONDS = 90;

/** One edge with one program, and one backend with a step: a node that is read back, and one that is only told. */
function smallStack(text: string): string {
  return text
    .replace(/ *- \{name: (backend-2|client),.*\n/g, "")
    .replace(/ {2}ebpf-platform:loadBalancer:[^]*/, "");
}

/** Faults that the preview finds come first: what a failed update could not do stays to be done until the last case. */
describe("a fault on a node or on this machine", function () {
  this.timeout(600_000);
  const lab = new LabStack({ stack: "t-faults", network: 62, config: smallStack });
  let edits = 0;

  before(async () => {
    await lab.platformOk("up");
  });

  after(async () => {
    await lab.dispose();
  });

  /** Changes the content of the backend's step, so that it has to run again. */
  function editStep(): void {
    const path = "components/lab/scripts/web.sh";
    lab.copy.write(path, `${lab.copy.read(path)}# edit ${String(++edits)}\n`);
  }

  const programs = (): number[] => pinnedPrograms(lab, "edge", "conntrack");

  it("a node that no longer takes the key is named before anything is changed", () =>
    refusedUnchanged(lab, {
      fault: () => replaceLoginKey(lab, "edge"),
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: PREVIEW_SECONDS,
          names: [
            /\bconntrack: /,
            /Node edge at 198\.18\.62\.10:22/,
            /refused the key of user root/,
            /authorized_keys/,
          ],
        });
      },
      mend: (restore) => {
        restore();
      },
    }));

  it("a node with another host key is refused before the login, with both fingerprints", () =>
    refusedUnchanged(lab, {
      fault: () =>
        lab
          .onNode(
            "edge",
            `cp -p /etc/ssh/ssh_host_ed25519_key /etc/ssh/kept
           rm -f /tmp/other*; ssh-keygen -q -t ed25519 -N '' -f /tmp/other
           ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key | cut -d' ' -f2
           cat /tmp/other >/etc/ssh/ssh_host_ed25519_key
           ssh-keygen -lf /tmp/other | cut -d' ' -f2
           systemctl restart ssh
           journalctl --quiet -u ssh -n 0 --show-cursor | sed 's/^-- cursor: //'`,
          )
          .trim()
          .split("\n"),
      up: async ([pinned = "", seen = "", cursor = ""]) => {
        const sentence = assertRefused(await lab.platform("up"), {
          seconds: PREVIEW_SECONDS,
          names: [/Node edge at /, /not the pinned/, /nothing was sent/, /put its new key into the config/],
        });
        assert.ok(
          sentence.includes(pinned) && sentence.includes(seen),
          `${pinned} and ${seen} in: ${sentence}`,
        );
        const log = lab.onNode("edge", `journalctl --quiet -u ssh --after-cursor '${cursor}' -o cat`);
        assert.match(log, /preauth/, "the node saw a connection that ended before the login");
        assert.doesNotMatch(log, /Accepted|publickey|Failed/, "and no attempt to log in");
      },
      mend: () =>
        lab.onNode("edge", "mv -f /etc/ssh/kept /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh"),
    }));

  it("a node that is gone from the network is named after 30 s, and can be left out with --offline", () =>
    refusedUnchanged(lab, {
      fault: () => {
        const hex = [198, 18, 62, 10].map((octet) => octet.toString(16).padStart(2, "0")).join("");
        execFileSync("ip", ["link", "set", `veb${hex}`, "down"]);
        return `veb${hex}`;
      },
      up: async () => {
        assertRefused(await lab.platform("up"), {
          code: 5,
          seconds: LIMIT_SECONDS,
          names: [/Node edge did not answer SSH at 198\.18\.62\.10:22 within 30 s/, /see that it runs/],
        });
        const offline = await lab.platformOk("preview", ["--offline"], { timeoutMs: PREVIEW_SECONDS * 1000 });
        assert.match(
          offline.stdout,
          /preview t-faults: would be 0 created, 0 updated, 0 replaced, 0 deleted/,
        );
      },
      mend: (link) => execFileSync("ip", ["link", "set", link, "up"]),
    }));

  it("no clang on this machine is said before anything is changed", () =>
    refusedUnchanged(lab, {
      fault: () => pathWithout(/^clang/, join(lab.copy.root, ".path-without-clang")),
      up: async (path) => {
        assertRefused(await lab.platform("up", [], { env: { ...lab.env, PATH: path } }), {
          seconds: PREVIEW_SECONDS,
          names: [
            /BPF object xdp_conntrack .* on this machine/,
            /none of clang .* is installed/,
            /apt-get install clang/,
          ],
        });
      },
      mend: () => undefined,
    }));

  it("a source that does not compile is named with file and line, and nothing is changed", async () => {
    const before = programs();
    const path = "bpf/xdp_conntrack.bpf.c";
    await refusedUnchanged(lab, {
      fault: () => {
        const text = lab.copy.read(path);
        lab.copy.write(path, text.replace(/^SEC\("xdp"\)/m, 'int broken = nothing_here;\nSEC("xdp")'));
        return text;
      },
      up: async () => {
        const result = await lab.platform("up");
        assertRefused(result, {
          seconds: PREVIEW_SECONDS,
          names: [/bpf\/xdp_conntrack\.bpf\.c/, /the source does not compile; correct it/],
          quotes: true,
        });
        assert.match(result.stderr, /xdp_conntrack\.bpf\.c:\d+:\d+: error: .*nothing_here/, tail(result));
      },
      mend: (text) => lab.copy.write(path, text),
    });
    assert.deepEqual(programs(), before);
  });

  it("a step on a node that no longer takes the key says the same, after a bounded number of dials", () =>
    refusedThenMended({
      fault: () => {
        editStep();
        return replaceLoginKey(lab, "backend-1");
      },
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [/\bbackend-1-web: /, /its node refused the key/, /authorized_keys/],
        });
      },
      mend: (restore) => {
        restore();
      },
    }));

  it("a full disk on the node under a program is named with the file, and the program that ran runs on", async () => {
    const before = programs();
    await refusedThenMended({
      fault: () => lab.onNode("edge", "mount -t tmpfs -o size=16k tmpfs /var/lib/ebpf-platform"),
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [/Node edge could not write \/var\/lib\/ebpf-platform\//, /No space left/, /make room/],
        });
        assert.deepEqual(programs(), before);
      },
      mend: () => lab.onNode("edge", "umount /var/lib/ebpf-platform"),
    });
  });

  it("a full disk on the node under a step is found before the step, and named with its size", () =>
    refusedThenMended({
      fault: () => {
        editStep();
        lab.onNode("backend-1", "mount -t tmpfs -o size=16k tmpfs /var/lib/ebpf-platform");
      },
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [
            /\bbackend-1-web: /,
            /on node backend-1: \S+ cannot be written \(\S+ free of 16K/,
            /make room/,
          ],
        });
      },
      mend: () => lab.onNode("backend-1", "umount /var/lib/ebpf-platform"),
    }));

  it("an interface that the node does not have is named with those it has, and the old place stays attached", async () => {
    const before = programs();
    await refusedThenMended({
      fault: () => {
        const text = lab.copy.read(lab.stackFile);
        lab.copy.edit(lab.stackFile, "interface: host0, slot: 0", "interface: eth9, slot: 0");
        return text;
      },
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [/interface eth9 on node edge/, /this node has only lo, host0/, /correct attach\.interface/],
        });
        assert.deepEqual(programs(), before);
      },
      mend: (text) => lab.copy.write(lab.stackFile, text),
    });
    assert.deepEqual(programs(), before);
  });

  it("a node without bpffs is named with the way to mount it", () =>
    refusedThenMended({
      fault: () => lab.onNode("edge", "systemctl mask --runtime --quiet bpffs.service; umount /sys/fs/bpf"),
      up: async () => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [/[Nn]ode edge/, /no bpffs is mounted/, /'mount -t bpf bpf \/sys\/fs\/bpf'/],
        });
      },
      mend: () =>
        lab.onNode(
          "edge",
          "systemctl unmask --runtime --quiet bpffs.service; mount -t bpf bpf /sys/fs/bpf -o mode=700",
        ),
    }));

  it("a program of somebody else on the hook is named and left alone", async () => {
    const object = join(lab.copy.root, "foreign.o");
    const link = (...words: string[]): string =>
      execFileSync(
        "nsenter",
        [`--net=${lab.registry("edge").netns}`, "ip", "link", "set", "dev", "host0", ...words],
        {
          encoding: "utf8",
        },
      );
    execFileSync(join(lab.copy.root, "bpf/build.sh"), ["xdp_pass", object]);
    const foreign = (): number[] => linkPrograms(lab.onNode("edge", "ip -j link"));
    await refusedThenMended({
      fault: () => {
        lab.onNode("edge", "rm -rf /sys/fs/bpf/ebpf-platform");
        link("xdp", "obj", object, "sec", "xdp");
        return foreign();
      },
      up: async (ids) => {
        assertRefused(await lab.platform("up"), {
          seconds: LIMIT_SECONDS,
          names: [
            /XDP hook of host0 on node edge/,
            new RegExp(`foreign program 'xdp_pass' \\(id ${ids.join()}\\)`),
            /detach it .*takeover: true/,
          ],
        });
        assert.deepEqual(foreign(), ids);
      },
      mend: () => link("xdp", "off"),
    });
  });

  it("after all of them, the next up does what is left to do, and every program and node is healthy", async () => {
    await lab.platformOk("up");
  });
});
