import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { projectRoot } from "../../components/project-root";
import { ensureEngine } from "../engine/locate";
import { ensurePlugins } from "../engine/plugins";
import { Failure } from "../failure";
import { compileProject } from "../setup/compile";
import { lendSalt, takeSaltBack } from "./config-salt";
import { clearDeadLocks } from "./dead-lock";
import { applyVariables, engineVariables, type EngineVariables } from "./environment";
import { mendState } from "./mend-state";
import { createState, stacksIn, stateOf, type StackState } from "./state";

/** Everything an operation on a stack needs, found or made. */
export interface Prepared {
  name: string;
  state: StackState;
  variables: EngineVariables;
}

const configFile = (stack: string) => join(projectRoot(), `Pulumi.${stack}.yaml`);

/** The stacks that have a config file here. */
export function configuredStacks(root: string = projectRoot()): string[] {
  return readdirSync(root)
    .map((file) => /^Pulumi\.([a-z0-9][a-z0-9-]*)\.yaml$/.exec(file)?.[1])
    .filter((stack) => stack !== undefined);
}

/** Refuses a name that is no stack of this project, before anything is installed for it. */
export function checkStackName(stack: string, configured: readonly string[]): void {
  if (configured.includes(stack)) return;
  const known = configured.length > 0 ? configured.join(", ") : "none yet";
  throw new Failure(
    "usage",
    `There is no Pulumi.${stack}.yaml, so "${stack}" is no stack here; known are: ${known}.`,
  );
}

/** True when the stack's state would be kept here and is not; for other backends only the engine can tell. */
export function isAbsent(stack: string): boolean {
  const { folder } = stateOf(stack, process.env);
  return folder !== undefined && !stacksIn(folder).includes(stack);
}

const absent = (stack: string) =>
  new Failure("usage", `Stack ${stack} does not exist yet; \`platform up ${stack}\` makes it.`);

/** Compiles, finds engine and plugins, makes the state folder and sets the environment for the engine. */
export async function prepareStack(
  stack: string,
  note: (text: string) => void,
  options: { create: boolean },
): Promise<Prepared> {
  checkStackName(stack, configuredStacks());
  if (!options.create && isAbsent(stack)) throw absent(stack);
  await compileProject();
  const engine = await ensureEngine(note);
  const plugins = await ensurePlugins(engine, note);
  const state = stateOf(stack, process.env);
  createState(state);
  if (state.folder !== undefined && state.passphraseFile !== undefined) {
    lendSalt(configFile(stack), state.folder, stack, state.passphraseFile);
  }
  return { name: stack, state, variables: engineVariables(stack, state, engine, plugins, process.env) };
}

/** Prepares a stack for one command and leaves its committed config file as it was. */
export async function withPreparedStack<T>(
  stack: string,
  note: (text: string) => void,
  options: { create: boolean; offline?: boolean },
  step: (stack: Stack, prepared: Prepared) => Promise<T>,
): Promise<T> {
  try {
    const prepared = await prepareStack(stack, note, options);
    return await step(await openStack(prepared, options, note), prepared);
  } finally {
    if (stateOf(stack, process.env).passphraseFile !== undefined) takeSaltBack(configFile(stack));
  }
}

/** Opens a prepared stack over the Automation API, after clearing what a killed engine left. */
export async function openStack(
  prepared: Prepared,
  options: { create: boolean; offline?: boolean },
  note: (text: string) => void,
): Promise<Stack> {
  const { name, state, variables } = prepared;
  applyVariables(variables);
  const launcher = join(projectRoot(), "cli", "engine", "launcher");
  const engineFolder = (process.env["PATH"] ?? "").split(delimiter)[0] ?? "";
  process.env["EBPF_PLATFORM_ENGINE"] = join(engineFolder, "pulumi");
  process.env["EBPF_PLATFORM_ENGINE_FLAGS"] = options.offline ? "--refresh=false" : "";
  process.env["PATH"] = [launcher, process.env["PATH"]].join(delimiter);
  const { LocalWorkspace, PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  const pulumiCommand = await PulumiCommand.get();
  const place = { stackName: name, workDir: projectRoot() };
  clearDeadLocks(state.backendUrl, name, note);
  mendState(state.backendUrl, name, note);
  if (options.create) return LocalWorkspace.createOrSelectStack(place, { pulumiCommand });
  try {
    return await LocalWorkspace.selectStack(place, { pulumiCommand });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "StackNotFoundError") throw error;
    throw absent(name);
  }
}

/** The policy pack that every preview and update runs; it is never left out silently. */
export function policyPack(): string {
  const folder = join(projectRoot(), "policy");
  if (existsSync(join(folder, "PulumiPolicy.yaml"))) return folder;
  throw new Failure("missingPart", `The policy pack ${folder} is missing; restore it from the repository.`);
}
