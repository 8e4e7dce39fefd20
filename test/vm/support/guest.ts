import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Context } from "mocha";
import type { ClientChannel } from "ssh2";
import { dialNode } from "../../../components/node/dial";
import { NODE_PACKAGES } from "../../../components/node/nspawn-spec";
import { openSession, type NodeSession } from "../../../components/node/ssh";
import type { NodeConnection } from "../../../components/node/connection";
import { shellQuote } from "../../../components/node/shell-quote";
import { projectRoot } from "../../../components/project-root";
import type { RunnerPlace, RunnerProcess } from "../../bpf/support/runner-place";
import { testKey, type TestKey } from "../../node/support/machines";
import { missing } from "../../support/missing";
import { cpio, type ArchiveFile } from "./cpio";

const EMULATOR = "/usr/bin/qemu-system-x86_64";
const BUSYBOX = "/bin/busybox";
/** Exit status of guest-image.sh for a part that cannot be fetched (sysexits.h, EX_UNAVAILABLE). */
const UNAVAILABLE = 69;
/** Kernel, systemd and sshd under emulation took 20 s on an idle core, and a minute beside other tests. */
const BOOT_MS = 240_000;
/** A guest ends by itself after this long, whatever becomes of the tests. */
const LIFE_SECONDS = 1200;

const folder = join(projectRoot(), "test", "vm", "support");

/** Skips, by name of what is missing, where no guest can be emulated; returns the folder of the guest's image. */
export function needGuest(context: Context): string {
  if (process.getuid?.() !== 0) missing(context, "root");
  if (process.arch !== "x64") missing(context, "an x86-64 host, for the guest's kernel");
  for (const [tool, part] of [
    [EMULATOR, "qemu-system-x86"],
    [BUSYBOX, "busybox-static"],
    ["/usr/bin/mmdebstrap", "mmdebstrap"],
    ["/usr/sbin/mke2fs", "e2fsprogs"],
  ] as const) {
    if (!existsSync(tool)) missing(context, part);
  }
  const { status, stdout, stderr, error } = spawnSync(join(folder, "guest-image.sh"), NODE_PACKAGES, {
    encoding: "utf8",
  });
  if (error) throw error;
  if (status === UNAVAILABLE) missing(context, `Debian's cloud kernel from apt (${stderr.trim()})`);
  if (status !== 0) throw new Error(`guest-image.sh ended with ${String(status)}: ${stderr}`);
  return stdout.trim();
}

/** The disk of a guest, which outlives its boots. */
export class GuestDisk {
  readonly folder = mkdtempSync(join(tmpdir(), "ebpf-platform-guest-"));
  readonly client: TestKey = testKey();
  readonly host: TestKey = testKey();

  constructor(readonly image: string) {
    const copy = spawnSync("cp", ["--sparse=always", join(image, "root.img"), this.path]);
    if (copy.status !== 0) throw new Error(`The guest's disk could not be copied: ${copy.stderr.toString()}`);
  }

  get path(): string {
    return join(this.folder, "root.img");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** An emulated machine: QEMU with one core, its own kernel, systemd and sshd. */
export class Guest {
  /** Files of this machine that the guest has. */
  private readonly sent = new Set<string>();

  private constructor(
    private readonly emulator: ChildProcess,
    private readonly console: string,
    readonly connection: NodeConnection,
    readonly session: NodeSession,
    /** Milliseconds from the start of the emulator to the first SSH session. */
    readonly bootMs: number,
  ) {}

  /** @param lsm the security modules that the kernel starts, as on its command line. */
  static async boot(disk: GuestDisk, lsm: string): Promise<Guest> {
    const started = Date.now();
    const initrd = join(disk.folder, "initrd.cpio");
    const console = join(disk.folder, "console.log");
    writeFileSync(initrd, firstRoot(disk));
    const port = await freePort();
    const emulator = spawn(
      "timeout",
      ["-k", "5", String(LIFE_SECONDS), EMULATOR, ...machine(disk, initrd, lsm, port)],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let complaint = "";
    emulator.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const connection: NodeConnection = {
      host: "127.0.0.1",
      port,
      user: "root",
      privateKey: disk.client.private,
      hostKey: disk.host.public,
    };
    try {
      const gone = new Promise<never>((_, reject) => {
        emulator.once("close", () => reject(new Error("The emulator ended.")));
      });
      const opening = openSession(connection, { node: "guest", deadlineMs: BOOT_MS });
      const session = await Promise.race([opening, gone]);
      return new Guest(emulator, console, connection, session, Date.now() - started);
    } catch (error) {
      await ended(emulator, () => emulator.kill("SIGTERM"));
      const log = existsSync(console) ? readFileSync(console, "utf8").split("\n").slice(-40).join("\n") : "";
      throw new Error(`The guest did not come up. ${complaint}\n${log}`, { cause: error });
    }
  }

  /** Runs a command line and gives its status and output, whatever they are. */
  async try(command: string): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
    return this.session.exec(command, { timeoutMs: 60_000, maxBytes: 8 << 20 });
  }

  /** Runs a command line and gives its standard output without the last line end. Throws when it fails. */
  async run(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(command);
    if (code === 0) return stdout.replace(/\n$/, "");
    throw new Error(`"${command}" in the guest ended with ${String(code)}: ${stderr}${stdout}`);
  }

  /** Puts a file of this machine, or bytes, into the guest. */
  async put(content: Buffer | string, path: string, mode = "644"): Promise<void> {
    await this.session.put(content, path, mode);
  }

  /** Puts files into a folder that is made for them, in one exchange. */
  async putAll(path: string, files: Readonly<Record<string, Buffer | string>>): Promise<void> {
    // By the shell alone: every program that starts costs an emulated machine dearly.
    const lines = Object.entries(files).map(([name, content]) => {
      const bytes = Buffer.from(content).toString("hex").replaceAll(/../g, "\\x$&");
      return `printf '${bytes}' >${shellQuote(`${path}/${name}`)}\n`;
    });
    const script = `set -eu\nmkdir -p ${shellQuote(path)}\n${lines.join("")}`;
    const { code, stderr } = await this.session.exec("bash", { stdin: script, timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`Files for ${path} did not reach the guest: ${stderr}`);
  }

  /** Runs a command line in a cgroup of its own, apart from the session's, which no policy rules. */
  async as(
    cgroup: string,
    command: string,
  ): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
    const place = shellQuote(`/sys/fs/cgroup${cgroup}`);
    return this.try(`mkdir -p ${place} && echo $$ >${place}/cgroup.procs && { ${command}\n}`);
  }

  /** The guest as a place for the packet runner of the kernel tier. */
  get runnerPlace(): RunnerPlace {
    return {
      file: async (path) => {
        const there = `/run/${basename(path)}`;
        if (!this.sent.has(path)) await this.put(readFileSync(path), there, "755");
        this.sent.add(path);
        return there;
      },
      start: async (command, args) => this.start([command, ...args].map(shellQuote).join(" ")),
    };
  }

  /** Starts a command line over a connection of its own, for a talk with it. */
  private async start(command: string): Promise<RunnerProcess> {
    const dialled = await dialNode(this.connection, "guest", 30_000);
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      dialled.client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    channel.on("close", () => dialled.close());
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr,
      onEnd: (listener) => void channel.on("close", (code: number | null) => listener(code)),
    };
  }

  /** Ends the guest. With `sync` its disk is whole, as after a clean halt of the file system; without, a power cut. */
  async stop({ sync = false } = {}): Promise<void> {
    if (sync) await this.run("sync");
    this.session.close();
    await ended(this.emulator, () => this.emulator.kill("SIGTERM"));
  }

  get consoleLog(): string {
    return readFileSync(this.console, "utf8");
  }
}

function machine(disk: GuestDisk, initrd: string, lsm: string, port: number): string[] {
  const kernel = [
    "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on net.ifnames=0 tsc=unstable",
    "systemd.unified_cgroup_hierarchy=1",
    `lsm=${lsm}`,
  ].join(" ");
  return [
    ...["-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "1", "-m", "768", "-display", "none"],
    ...["-no-reboot", "-nodefaults", "-serial", `file:${join(disk.folder, "console.log")}`],
    ...["-kernel", join(disk.image, "vmlinuz"), "-initrd", initrd, "-append", kernel],
    ...["-drive", `file=${disk.path},format=raw,if=none,id=root,cache=unsafe`],
    ...["-device", "virtio-blk-pci,drive=root"],
    ...["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(port)}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
  ];
}

/** The kernel's first root: drivers, an init that mounts the disk, and the files of this run. */
function firstRoot(disk: GuestDisk): Buffer {
  const modules = join(disk.image, "modules");
  const files: ArchiveFile[] = [
    { path: "init", content: readFileSync(join(folder, "guest-init.sh")), mode: 0o755 },
    { path: "bin/busybox", content: readFileSync(BUSYBOX), mode: 0o755 },
    ...readdirSync(modules).map((name) => ({
      path: `modules/${name}`,
      content: readFileSync(join(modules, name)),
    })),
    { path: "files/root/.ssh/authorized_keys", content: `${disk.client.public}\n`, mode: 0o600 },
    { path: "files/etc/ssh/ssh_host_ed25519_key", content: disk.host.private, mode: 0o600 },
  ];
  return cpio(files);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function ended(child: ChildProcess, stop: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  stop();
  await closed;
}
