import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { SetupError } from "./machine.mjs";

/** How long another package manager may keep its locks (unattended upgrades after a boot take minutes). */
const LOCK_LIMIT_MS = 300_000;
const LOCK_FILES = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock"];

/**
 * The packages of a list that dpkg does not know as installed.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function missingPackages(names) {
  const query = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...names], {
    encoding: "utf8",
  });
  if (query.error) throw new SetupError(`dpkg-query could not be started: ${query.error.message}.`);
  const installed = new Set(query.stdout.split("\n").filter((line) => line.endsWith(" installed")));
  return names.filter((name) => !installed.has(`${name} installed`));
}

/**
 * The pids that hold a lock on one of these inodes, from /proc/locks (proc_locks(5)).
 * @param {string} table
 * @param {ReadonlySet<number>} inodes
 * @returns {number[]}
 */
export function lockHolders(table, inodes) {
  return table
    .split("\n")
    .filter((line) => line !== "" && !line.includes("->")) // "->" marks a process that waits
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => inodes.has(Number(fields[5]?.split(":")[2])))
    .map((fields) => Number(fields[4]));
}

function currentHolder() {
  const inodes = new Set(LOCK_FILES.filter((file) => existsSync(file)).map((file) => statSync(file).ino));
  const pid = lockHolders(readFileSync("/proc/locks", "utf8"), inodes)[0];
  if (pid === undefined) return undefined;
  const name = existsSync(`/proc/${pid}/comm`)
    ? readFileSync(`/proc/${pid}/comm`, "utf8").trim()
    : "a process";
  return `${name} (process ${pid})`;
}

/** Waits until no other package manager works, at most five minutes. */
async function waitForLocks() {
  const deadline = Date.now() + LOCK_LIMIT_MS;
  for (let told = false, holder = currentHolder(); holder !== undefined; holder = currentHolder()) {
    if (Date.now() > deadline) {
      throw new SetupError(
        `${holder} has held apt's lock for five minutes; wait for it or end it, then run again.`,
      );
    }
    if (!told) console.error(`Waiting for ${holder}, which holds apt's lock.`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/**
 * @param {string[]} args
 * @returns {{status: number | null, stderr: string}}
 */
function aptGet(args) {
  const answer = spawnSync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return { status: answer.status, stderr: answer.error ? answer.error.message : answer.stderr };
}

/**
 * Installs packages, and refreshes apt's lists only if the ones here do not lead to them.
 * @param {readonly string[]} names
 * @returns {Promise<void>}
 */
export async function installPackages(names) {
  const install = ["install", "--yes", "--no-install-recommends", ...names];
  await waitForLocks();
  if (aptGet(install).status === 0) return;
  await waitForLocks();
  const update = aptGet(["update"]);
  await waitForLocks();
  const second = aptGet(install);
  if (second.status === 0) return;
  const reason = (second.stderr || update.stderr).trim().split("\n").slice(-2).join(" ");
  throw new SetupError(
    `apt-get could not install ${names.join(" ")}: ${reason} Install them by hand and run again.`,
  );
}

/**
 * Ends and disables services that their packages start by themselves: here they are tools of tests, not servers.
 * @param {readonly string[]} services
 */
export function silenceServices(services) {
  // Without systemd as the first process nothing was started (sd_booted(3)).
  if (services.length === 0 || !existsSync("/run/systemd/system")) return;
  const answer = spawnSync("systemctl", ["disable", "--now", ...services], { encoding: "utf8" });
  if (answer.status === 0) return;
  const reason = answer.error ? answer.error.message : answer.stderr.trim();
  throw new SetupError(
    `The services ${services.join(" ")} were started by their packages and could not be ended: ${reason}. Run "systemctl disable --now ${services.join(" ")}", then this again.`,
  );
}
