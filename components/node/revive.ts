import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { driverEntry, driverScript } from "./nspawn-spec";

const MACHINES = "/var/lib/ebpf-platform/nspawn";

/**
 * Starts the nspawn machines of a stack that were made on this host and do not run, as after a restart of the host: the
 * state says they exist, and no provider looks. Machines that run are not touched.
 *
 * @param note hears the driver's lines, for a user to see.
 * @returns the names of the machines that were started; empty where there are none.
 */
export async function reviveMachines(stack: string, note: (line: string) => void): Promise<string[]> {
  const folder = join(MACHINES, stack);
  if (!existsSync(folder)) return [];
  const started = readdirSync(folder).map(async (name) => {
    const file = join(folder, name, "description");
    // Without one, the machine's first start was killed; the engine will make it.
    if (!existsSync(file)) return [];
    const description = readFileSync(file, "utf8");
    if ((await callDriver("status", description, note)).includes(`"state":"running"`)) return [];
    await callDriver("start", description, note);
    return [name];
  });
  return (await Promise.all(started)).flat();
}

/** Runs the driver's script and gives its standard output. Throws with its last line when it fails. */
function callDriver(
  verb: "start" | "status",
  description: string,
  note: (line: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/bash", ["-c", driverEntry(), "nspawn", verb], { stdio: "pipe" });
    let stdout = "";
    let last = "it said nothing";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n").filter(Boolean)) {
        last = line;
        note(line);
      }
    });
    child.on("error", reject);
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(`${driverScript()}\n${description}`);
    child.on("close", (code) => (code === 0 ? resolve(stdout) : reject(new Error(last))));
  });
}
