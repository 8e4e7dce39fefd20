import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { registeredAddresses } from "./registry";

const NODES = "ebpf-platform:nodes";
const REMEDY = "install the official provider plugin, or use a stack whose nodes all say `driver: nspawn`";

const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];
const projectSchema = z.object({
  name: z.string(),
  stackConfigDir: z.string().optional(),
  config: z.unknown().optional(),
});
const stackSchema = z.object({ config: z.record(z.string(), z.unknown()).optional() });
const nodesSchema = z.array(z.object({ name: z.string().optional(), driver: z.unknown().optional() })).min(1);

/**
 * A stand-in may change a stack only if its config says that every machine is an nspawn node.
 *
 * The stack is the one in the resource's URN. Its config is `Pulumi.<stack>.yaml` beside the `Pulumi.yaml` that is
 * found from the working directory upwards (or in its `stackConfigDir`), as the engine finds it.
 *
 * @returns one sentence that names stack, machine and remedy, or nothing if the change is allowed.
 */
export function refusalForStack(urn: string, from = process.cwd()): string | undefined {
  const { stack, project } = namesIn(urn);
  const prefix = `stack ${stack} of project ${project}`;
  try {
    const file = stackFile(stack, project, from);
    const { config } = stackSchema.parse(parse(readFileSync(file, "utf8")));
    const nodes = nodesSchema.safeParse(config?.[NODES]);
    if (!nodes.success) return `${prefix} lists no machines under ${NODES} in ${file}; ${REMEDY}`;
    const foreign = nodes.data.findIndex((node) => node.driver !== "nspawn");
    const machine = nodes.data[foreign];
    if (!machine) return undefined;
    const name = machine.name ?? `number ${String(foreign + 1)}`;
    return `${prefix} has machine ${name} with driver ${JSON.stringify(machine.driver ?? null)} in ${file}; ${REMEDY}`;
  } catch (error) {
    return `the machines of ${prefix} cannot be read (${oneLine(error)}); ${REMEDY}`;
  }
}

/** Remote commands may go only to addresses that the nspawn driver has registered on this machine. */
export function refusalForHosts(urn: string, hosts: string[]): string | undefined {
  if (hosts.length === 0) return undefined;
  const registered = registeredAddresses();
  const foreign = hosts.find((host) => !registered.has(host));
  if (foreign === undefined) return undefined;
  const { stack, project } = namesIn(urn);
  return `stack ${stack} of project ${project} would reach machine ${foreign}, which is no running nspawn node of this machine; ${REMEDY}`;
}

function namesIn(urn: string): { stack: string; project: string } {
  const [stack = "", project = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  return { stack, project };
}

function stackFile(stack: string, project: string, from: string): string {
  const projectFile = findProject(from);
  const parsed = projectSchema.parse(parse(readFileSync(projectFile, "utf8")));
  if (parsed.name !== project) {
    throw new Error(`${projectFile} is the project ${parsed.name}`);
  }
  // `config: <folder>` is the older way to say stackConfigDir.
  const folder = parsed.stackConfigDir ?? (typeof parsed.config === "string" ? parsed.config : ".");
  const candidates = ["yaml", "yml", "json"].map((ending) =>
    resolve(dirname(projectFile), folder, `Pulumi.${stack}.${ending}`),
  );
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`no file ${String(candidates[0])}`);
  return found;
}

function findProject(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = PROJECT_FILES.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (folder === dirname(folder)) throw new Error(`no Pulumi.yaml in ${from} or above`);
  }
}

function oneLine(error: unknown): string {
  const text =
    error instanceof z.ZodError
      ? z.prettifyError(error)
      : error instanceof Error
        ? error.message
        : String(error);
  return text.replaceAll(/\s+/g, " ");
}
