import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { probes, type Probe } from "../../cli/trace/probes";
import { missing } from "../support/missing";

const root = projectRoot();
const RUN = join(root, "bpf", "trace", "run.sh");

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What this machine lacks for a probe; undefined when it can run. */
function lacks({ needs }: Probe): string | undefined {
  const [kind = ""] = needs.split(":");
  const source = { kprobe: "kprobe", uretprobe: "uprobe", hardware: "cpu" }[kind];
  if (source !== undefined && !existsSync(`/sys/bus/event_source/devices/${source}`))
    return `${kind} events of the kernel`;
  return undefined;
}

describe("the probes of platform trace", function () {
  const all = probes();
  const ran = new Map<string, Ran>();

  before(async function () {
    this.timeout(180_000);
    if (process.getuid?.() !== 0) missing(this, "root, for CAP_BPF");
    if (spawnSync("bpftrace", ["--version"]).status !== 0) missing(this, "bpftrace");
    if (!readFileSync("/proc/filesystems", "utf8").includes("tracefs")) missing(this, "tracefs");
    const able = all.filter((probe) => lacks(probe) === undefined);
    // Four at a time see the same second of the same load.
    for (let first = 0; first < able.length; first += 4) {
      const load = spawn("bash", ["-c", LOAD], { stdio: "ignore", detached: true });
      await Promise.all(
        able.slice(first, first + 4).map(async (probe) => ran.set(probe.name, await run(probe))),
      );
      process.kill(-load.pid!, "SIGKILL");
    }
  });

  /** System calls, files, programs, signals, mounts (one that is refused) and connections, again and again. */
  const LOAD = `while :; do
    cat /etc/hostname /proc/self/maps > /dev/null
    mount -t tmpfs ebpf-platform-test /no/such/folder 2>/dev/null
    (: < /dev/tcp/127.0.0.1/9) 2>/dev/null
    sleep 0.05 & kill -CONT $!
  done`;

  function run({ script }: Probe, lines = 4000): Promise<Ran> {
    const child = spawn("unshare", ["-m", RUN, "2", String(lines)], { stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    child.stdin.end(script);
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  }

  /** What a probe must have seen of the load above. */
  const expected: Readonly<Record<string, RegExp>> = {
    opens: /^\d+ +cat +\/etc\/hostname$/m,
    execs: /\/(usr\/)?bin\/(cat|sleep|mount)/,
    exits: /^\d+ +(cat|sleep|mount|bash) *$/m,
    signals: /^\d+ +bash +signal 18 to \d+$/m,
    mounts: /^\d+ +mount +ebpf-platform-test on \/no\/such\/folder$/m,
    "tcp-states": /port \d+ to 9: 7 -> 2$/m,
    syscalls: /^@calls\[cat\]: \d+$/m,
    "syscall-errors": /^@errors\[mount, 2\]: \d+$/m,
    "read-sizes": /^@bytes\[cat\]: $/m,
    "read-times": /^@microseconds: $/m,
    "run-queue": /^@microseconds: $/m,
    cpu: /^@functions\[/m,
    "page-faults": /^@faults\[/m,
  };

  for (const probe of all) {
    it(`${probe.name} ${lacks(probe) === undefined ? "runs, and ends by itself" : "is well-formed"}`, function () {
      this.timeout(60_000);
      const lack = lacks(probe);
      if (lack !== undefined) {
        const { status, stderr } = parse(probe);
        // A dry run stops at the first probe that the kernel cannot have, which is behind parser and types.
        assert.ok(status === 0 || !/syntax error|Unknown|undefined|ERROR: .*type/i.test(stderr), stderr);
        missing(this, `${lack}: parsed only`);
      }
      const { code, stdout, stderr } = ran.get(probe.name)!;
      assert.equal(code, 0, stderr);
      assert.match(stdout, expected[probe.name] ?? /^/);
      assert.ok(stdout.split("\n").length < 5000);
    });
  }

  function parse({ script }: Probe): { status: number | null; stderr: string } {
    return spawnSync(
      "unshare",
      ["-m", "bash", "-c", 'mount -t tracefs t /sys/kernel/tracing; exec bpftrace -d -e "$0" 1 20', script],
      {
        encoding: "utf8",
        timeout: 50_000,
      },
    );
  }

  it("prints no more lines than it may", async () => {
    const { stdout } = await run(
      all.find(({ name }) => name === "opens")!,
      3,
    );
    assert.equal(stdout.trim().split("\n").length, 3);
  });

  it("a probe with a mistake does not pass for one that the kernel lacks", () => {
    const { status, stderr } = parse({ ...all[0]!, script: "kprobe:tcp_v4_connect { printf( }" });
    assert.notEqual(status, 0);
    assert.match(stderr, /syntax error/);
  });

  it("nothing is left: no script, no tracefs", () => {
    assert.equal(existsSync("/sys/kernel/tracing/events"), wasMounted);
    assert.equal(
      spawnSync("sh", ["-c", "ls /tmp/ebpf-platform-trace.* 2>/dev/null | wc -l"], {
        encoding: "utf8",
      }).stdout.trim(),
      "0",
    );
  });
  const wasMounted = existsSync("/sys/kernel/tracing/events");

  it("docs/tracing.md lists every probe with its BCC tool", () => {
    const docs = readFileSync(join(root, "docs", "tracing.md"), "utf8");
    const rows = [...docs.matchAll(/^\| `(\S+)` +\| (.+?) +\| (?:`(.+?)`|–) +\| `(.+?)` +\|$/gm)];
    assert.deepEqual(
      rows.map(([, name, what, bcc = "-", needs]) => [name, what, bcc, needs]),
      all.map(({ name, what, bcc, needs }) => [name, what, bcc, needs]),
    );
  });
});
