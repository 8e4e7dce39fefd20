import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Context } from "mocha";
import { utils } from "ssh2";
import type { NodeConnection } from "../../../components/node/connection";
import {
  driverEntry,
  driverInput,
  NODE_PACKAGES,
  type NspawnSpec,
} from "../../../components/node/nspawn-spec";
import { openSession, type NodeSession } from "../../../components/node/ssh";
import { missing } from "../../support/missing";

/** A key pair in OpenSSH format. */
export interface TestKey {
  readonly private: string;
  readonly public: string;
}

export function testKey(): TestKey {
  return utils.generateKeyPairSync("ed25519");
}

export interface DriverRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Skips, by name of what is missing, where no nspawn machine can run. */
export function needNspawn(context: Context): void {
  if (process.getuid?.() !== 0) missing(context, "root");
  for (const tool of ["/usr/bin/systemd-nspawn", "/usr/bin/mmdebstrap", "/usr/bin/clang"]) {
    if (!existsSync(tool)) missing(context, tool);
  }
}

/** Names and addresses of this test process: two runs on one machine stay apart. */
const run = process.pid;
export const STACK = `t${run}`;

/** A bridge of its own with its network, by a letter: suites that come and go do not share one. */
export function testNetwork(letter: string): Pick<NspawnSpec, "prefix" | "gateway" | "bridge"> {
  const third = 128 + ((run * 7 + letter.charCodeAt(0)) % 120);
  return { prefix: 24, gateway: `198.18.${third}.1`, bridge: `eb${letter}${run}` };
}

/** What a machine of the tests is; `octet` is its place in the network, 2 to 254. */
export function testSpec(
  letter: string,
  name: string,
  octet: number,
  changes: Partial<NspawnSpec> = {},
): NspawnSpec {
  const host = testKey();
  const network = testNetwork(letter);
  return {
    stack: STACK,
    name,
    ...network,
    address: network.gateway.replace(/1$/, String(octet)),
    packages: NODE_PACKAGES,
    authorizedKey: testKey().public,
    hostKey: host.private,
    hostKeyPublic: host.public,
    ...changes,
  };
}

/** Starts the driver exactly as the engine's local.Command does; `stop` ends it at once with all it started. */
export function startDriver(verb: "up" | "down" | "status", spec: NspawnSpec) {
  const child = spawn("/bin/bash", ["-c", driverEntry(), "nspawn", verb], { stdio: "pipe", detached: true });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(driverInput(spec));
  const done = new Promise<DriverRun>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  // A negative pid: the whole process group, but not the machine, which has a session of its own.
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  return { done, stop };
}

/** Runs the driver to its end. Throws when it fails. */
export async function driver(verb: "up" | "down" | "status", spec: NspawnSpec): Promise<DriverRun> {
  const result = await startDriver(verb, spec).done;
  if (result.code !== 0)
    throw new Error(`nspawn.sh ${verb} ended with ${String(result.code)}: ${result.stderr}`);
  return result;
}

/** A running machine with a way in. */
export interface TestMachine {
  readonly spec: NspawnSpec;
  readonly connection: NodeConnection;
  open(): Promise<NodeSession>;
  delete(): Promise<void>;
}

/** Boots a machine; the first of a host builds the Debian base, so give the hook minutes. */
export async function bootMachine(letter: string, name: string, octet: number): Promise<TestMachine> {
  const client = testKey();
  const spec = testSpec(letter, name, octet, { authorizedKey: client.public });
  await driver("up", spec);
  const connection = connectionTo(spec, client);
  return {
    spec,
    connection,
    open: () => openSession(connection, { node: name, deadlineMs: 20_000 }),
    delete: async () => {
      await driver("down", spec);
    },
  };
}

export function connectionTo(spec: NspawnSpec, client: TestKey): NodeConnection {
  return {
    host: spec.address,
    port: 22,
    user: "root",
    privateKey: client.private,
    hostKey: spec.hostKeyPublic,
  };
}

/** Minutes for a first boot, which may have to build the base. */
export const FIRST_BOOT_MS = 900_000;

/** Runs a command on a node and gives its standard output without the last line end. Throws when it fails. */
export async function ask(session: NodeSession, command: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(command, { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`"${command}" ended with ${String(code)}: ${stderr}`);
  return stdout.replace(/\n$/, "");
}
