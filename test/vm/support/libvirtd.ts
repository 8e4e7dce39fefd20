import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { pollUntil } from "../../../components/node/poll";
import { projectRoot } from "../../../components/project-root";
import { missing } from "../../support/missing";

const support = join(projectRoot(), "test", "vm", "support");

/** Skips, by name of what is missing, where no libvirt daemon can run. */
export function needLibvirt(context: Context): void {
  if (process.getuid?.() !== 0) missing(context, "root");
  for (const [tool, part] of [
    ["/usr/sbin/libvirtd", "libvirt-daemon"],
    ["/usr/bin/virsh", "libvirt-clients"],
    ["/usr/bin/qemu-img", "qemu-utils"],
    ["/usr/bin/genisoimage", "genisoimage"],
    ["/usr/bin/curl", "curl"],
    ["/usr/bin/qemu-system-x86_64", "qemu-system-x86"],
  ] as const) {
    if (!existsSync(tool)) missing(context, part);
  }
}

/** A libvirt daemon of this test; everything it starts ends with it. */
export class LibvirtDaemon {
  private constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
  ) {}

  static async start(): Promise<LibvirtDaemon> {
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-libvirt-"));
    const child = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--mount-proc", "--propagation", "private"],
        ...["--fork", "--kill-child", join(support, "libvirtd.sh"), folder],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const daemon = new LibvirtDaemon(child, folder);
    const answers = await pollUntil(30_000, () =>
      Promise.resolve(child.exitCode === null && daemon.virsh("uri").status === 0 ? true : undefined),
    );
    if (answers) return daemon;
    const log = join(folder, "log", "libvirtd.log");
    const words = existsSync(log) ? readFileSync(log, "utf8") : "";
    await daemon.stop();
    throw new Error(`The libvirt daemon did not come up. ${complaint}\n${words}`);
  }

  get uri(): string {
    return `qemu:///system?socket=${this.folder}/run/libvirt-sock`;
  }

  virsh(...words: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync("virsh", ["--connect", this.uri, "--quiet", ...words], { encoding: "utf8" });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = new Promise<void>((resolve) => this.child.once("close", () => resolve()));
      this.child.kill("SIGKILL");
      await closed;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
