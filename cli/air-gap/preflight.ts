import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { airGapProblems, hostOf, type AirGapFile, type AirGapState } from "@ebpf-platform/lib/release";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";
import { ownArchitecture, sha256Of, wantedFiles, type Wanted } from "./files";

const ANSWER_MS = 5_000;

/** Hypervisors of this machine by driver: the command that must be there, and the package that has it. */
const hypervisors: Readonly<Record<string, { command: string; remedy: string }>> = {
  libvirt: {
    command: "virsh",
    remedy: "install libvirt-clients and libvirt-daemon-system, or name a hypervisor that has them",
  },
  multipass: { command: "multipass", remedy: "install it (snap install multipass)" },
};

/**
 * Stops before the engine starts, and so before anything is created, where k3s, charts or the hypervisor of a stack
 * cannot be had: one sentence a file with its place and SHA-256.
 */
export async function requireParts(stack: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const wanted = wantedFiles(stack, ownArchitecture());
  const problems = [...missingHypervisors(wanted, env), ...(await missingFiles(stack, wanted))];
  if (problems.length === 0) return;
  throw new Failure("missingPart", `${problems.join("\n")}\nNothing was created.`);
}

function missingHypervisors({ config }: Wanted, env: NodeJS.ProcessEnv): string[] {
  // A hypervisor that is another machine is asked by the driver.
  if (config.hypervisor.connection !== undefined) return [];
  return [...new Set(config.nodes.map(({ driver }) => driver))].flatMap((driver) => {
    const wants = hypervisors[driver];
    if (!wants || onPath(wants.command, env)) return [];
    const names = config.nodes.filter((node) => node.driver === driver).map(({ name }) => name);
    return [
      `Nodes ${names.join(", ")} of stack ${config.stack} are made with ${driver}, and this machine has no command ${wants.command}; ${wants.remedy}.`,
    ];
  });
}

function onPath(command: string, env: NodeJS.ProcessEnv): boolean {
  return (env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

async function missingFiles(stack: string, { config, files }: Wanted): Promise<string[]> {
  const folder = folderOf(config.charts.folder, stack);
  const found = await Promise.all(files.map((file) => sha256Of(join(folder, file.path))));
  const absent = files.filter((_file, index) => found[index] === undefined);
  const answers = await reachable(absent);
  const states = files.map((file, index): AirGapState => {
    const sha256 = found[index];
    return {
      file,
      ...(sha256 === undefined ? {} : { found: sha256 }),
      reachable: answers.get(hostOf(file)) ?? true,
    };
  });
  return airGapProblems(stack, folder, states);
}

/** The folder that the config names (its `charts` below it), else where `platform fetch` puts it. */
function folderOf(charts: string | undefined, stack: string): string {
  return charts === undefined
    ? resolve(projectRoot(), "air-gap", stack)
    : dirname(resolve(projectRoot(), charts));
}

async function reachable(files: readonly AirGapFile[]): Promise<Map<string, boolean>> {
  const hosts = [...new Set(files.map(hostOf))];
  const answers = await Promise.all(
    hosts.map(async (host): Promise<[string, boolean]> => {
      try {
        // Any answer counts: what is asked is the way, not the page.
        await fetch(`https://${host}/`, {
          method: "HEAD",
          redirect: "manual",
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        return [host, true];
      } catch {
        // Why is of no use here: the sentence names the host and the file that makes it needless.
        return [host, false];
      }
    }),
  );
  return new Map(answers);
}
