import { readdirSync, readFileSync } from "node:fs";
import { hasCode } from "./failure";

/** Fields of /proc/<pid>/stat after the command name, which may hold spaces (proc_pid_stat(5)). */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}

/** Start of a process in clock ticks since boot, which together with the pid names one process; undefined when gone. */
export function processStart(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** When a process started, in milliseconds since 1970. Ticks are 1/100 s on every Linux architecture (USER_HZ). */
export function processStartTime(pid: number): number | undefined {
  const ticks = processStart(pid);
  const boot = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1];
  return ticks === undefined || boot === undefined ? undefined : Number(boot) * 1000 + Number(ticks) * 10;
}

/** The living processes of a session. */
export function sessionMembers(session: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const fields = statFields(pid);
      return fields !== undefined && fields[0] !== "Z" && Number(fields[3]) === session;
    });
}
