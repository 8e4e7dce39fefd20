import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An address of the loopback network that nothing else uses; no interface has to be set up for it. */
const ADDRESS = "127.198.18.1";
const SSHD = "/usr/sbin/sshd";
const REGISTRY = "/run/ebpf-platform/nspawn/contract";
const START_LIMIT_MS = 10_000;

export interface Login {
  host: string;
  port: number;
  user: string;
  privateKey: string;
  hostKey: string;
}

/**
 * A real sshd of the test's own with its own host key. It is registered like an nspawn node, because the stand-in for
 * `command` connects to nothing else.
 */
export class SshServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly login: Login,
    /** A folder for the commands of the test. */
    readonly scratch: string,
    /** A key that the server does not know. */
    readonly strangerKey: string,
  ) {}

  static async start(): Promise<SshServer | { missing: string }> {
    if (!existsSync(SSHD)) return { missing: "sshd" };
    if (process.getuid?.() !== 0) return { missing: "root" };
    const folder = mkdtempSync(join(tmpdir(), "contract-sshd-"));
    const scratch = join(folder, "scratch");
    mkdirSync(scratch);
    for (const key of ["host", "user", "stranger"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, key)]);
    }
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const port = await freePort();
    const config = join(folder, "sshd_config");
    writeFileSync(join(folder, "authorized_keys"), read("user.pub"), { mode: 0o600 });
    writeFileSync(config, settings(folder, port));
    mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const daemon = spawn(SSHD, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
    const log: string[] = [];
    daemon.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()));
    await answers(port, log);
    mkdirSync(REGISTRY, { recursive: true, mode: 0o700 });
    const record = { name: "sshd", stack: "contract", address: ADDRESS, pid: daemon.pid };
    writeFileSync(join(REGISTRY, "sshd.json"), JSON.stringify(record), { mode: 0o600 });
    const login = {
      host: ADDRESS,
      port,
      user: "root",
      privateKey: read("user"),
      hostKey: read("host.pub").trim(),
    };
    return new SshServer(daemon, folder, login, scratch, read("stranger"));
  }

  /** A port of the same address where nothing listens: only root could, and nobody offers TCPMUX any more. */
  readonly closedPort = 1;

  /** The public half of the key that is not this server's. */
  get otherHostKey(): string {
    return readFileSync(join(this.folder, "stranger.pub"), "utf8").trim();
  }

  stop(): void {
    rmSync(REGISTRY, { recursive: true, force: true });
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function settings(folder: string, port: number): string {
  return [
    `ListenAddress ${ADDRESS}:${String(port)}`,
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "AllowTcpForwarding yes",
    "AcceptEnv CONTRACT_*",
    "MaxStartups 100:30:200",
    "Subsystem sftp internal-sftp",
    "",
  ].join("\n");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, ADDRESS, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string")
          reject(new Error("the system gave no free port"));
        else resolve(address.port);
      });
    });
  });
}

async function answers(port: number, log: string[]): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await connects(port))) {
    if (Date.now() > deadline)
      throw new Error(`sshd does not answer on port ${String(port)}: ${log.join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ADDRESS, port });
    socket.once("error", () => {
      resolve(false);
    });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
