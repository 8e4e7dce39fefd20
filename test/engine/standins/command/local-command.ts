import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { difference } from "../provider/difference";
import type { EngineLog } from "../provider/engine-log";
import { assetArchive, pathAsset, uniqueHex, type PropertyMap } from "../provider/property";
import { checkStruct } from "../provider/shape";
import type { InvokeCall, ResourceKind } from "../provider/stand-in";
import { globPattern } from "./glob-pattern";
import { goQuote } from "./go-quote";
import { plainLocal, plannedOutputs, type LocalRun } from "./inputs";
import { ProcessOutput } from "./process-output";
import { localCommand as shapes, localRun as runShapes } from "./shapes";

interface Context {
  log: EngineLog;
  cancelled: AbortSignal;
}

const NOTHING = { stdout: "", stderr: "" };

/** `command:local:Command`: runs a text on this machine when the resource changes. */
export const localCommand: ResourceKind = {
  check: ({ inputs }) => checkStruct(shapes, inputs),

  diff: ({ oldInputs, inputs }) => difference(oldInputs, inputs, (path) => path === "triggers"),

  async create(call) {
    const { inputs, preview, name } = call;
    const id = uniqueHex(name);
    if (preview) return { id, outputs: plannedOutputs(inputs, ["stdout", "stderr"]) };
    const plain = plainLocal(inputs);
    const outputs = plain.create === undefined ? NOTHING : await run(plain.create, plain, NOTHING, call);
    return { id, outputs: { ...inputs, ...outputs } };
  },

  async update(call) {
    const { inputs, state, preview } = call;
    if (preview) return plannedOutputs(inputs, ["stdout", "stderr"]);
    const plain = plainLocal(inputs);
    const text = plain.update ?? plain.create;
    const before = outputsIn(state);
    return { ...inputs, ...(text === undefined ? before : await run(text, plain, before, call)) };
  },

  async delete(call) {
    const plain = plainLocal(call.state);
    if (plain.delete !== undefined) await run(plain.delete, plain, outputsIn(call.state), call);
  },
};

/** `command:local:run`: runs a text on this machine on every preview and update. */
export async function localRun({ args, ...context }: InvokeCall) {
  const { inputs, failures } = checkStruct(runShapes, args);
  if (failures.length > 0) return { outputs: {}, failures };
  const plain = plainLocal(inputs);
  return {
    outputs: { ...inputs, ...(await run(plain.command ?? "", plain, NOTHING, context)) },
    failures: [],
  };
}

function outputsIn(state: PropertyMap): PropertyMap & { stdout: string; stderr: string } {
  const { stdout, stderr } = plainLocal(state);
  const files = Object.fromEntries(
    Object.entries(state).filter(([key]) => key === "assets" || key === "archive"),
  );
  return { ...files, stdout: stdout ?? "", stderr: stderr ?? "" };
}

async function run(
  text: string,
  inputs: LocalRun,
  before: { stdout: string; stderr: string },
  { log, cancelled }: Context,
): Promise<PropertyMap> {
  const output = new ProcessOutput(inputs.logging, log);
  const failed = await exitOf(text, inputs, before, output, cancelled);
  await output.logged();
  if (failed !== undefined) throw new Error(`${failed}: running ${goQuote(text)}:\n${output.interleaved()}`);
  const folder = inputs.dir ?? process.cwd();
  const files: PropertyMap = {};
  if (inputs.assetPaths) files.assets = assetsIn(folder, inputs.assetPaths);
  if (inputs.archivePaths) files.archive = assetArchive(assetsIn(folder, inputs.archivePaths));
  return { ...files, ...output.streams() };
}

function exitOf(
  text: string,
  inputs: LocalRun,
  before: { stdout: string; stderr: string },
  output: ProcessOutput,
  cancelled: AbortSignal,
): Promise<string | undefined> {
  const interpreter = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const [program, ...args] = [...interpreter, text];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: inputs.dir ?? process.cwd(),
      env: { ...process.env, ...inputs.environment, ...previousOutput(inputs, before) },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stop = () => child.kill("SIGKILL");
    cancelled.addEventListener("abort", stop, { once: true });
    const guarded = (take: (chunk: Buffer) => void) => (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        child.kill("SIGKILL");
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    child.stdout.on(
      "data",
      guarded((chunk) => {
        output.stdout(chunk);
      }),
    );
    child.stderr.on(
      "data",
      guarded((chunk) => {
        output.stderr(chunk);
      }),
    );
    // A command that does not read its input closes the pipe early; its exit status is what counts.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(inputs.stdin ?? "");
    child.on("error", (error) => {
      resolve(startError(error, program, inputs.dir));
    });
    child.on("close", (status, signal) => {
      cancelled.removeEventListener("abort", stop);
      resolve(exitText(status, signal));
    });
  });
}

function previousOutput(
  inputs: LocalRun,
  before: { stdout: string; stderr: string },
): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  const variables = { PULUMI_COMMAND_STDOUT: before.stdout, PULUMI_COMMAND_STDERR: before.stderr };
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

function startError(error: Error, program: string, dir: string | undefined): string {
  const code = "code" in error ? String(error.code) : error.message;
  const reason =
    code === "ENOENT" ? "no such file or directory" : code === "EACCES" ? "permission denied" : code;
  if (dir !== undefined && code === "ENOENT") return `chdir ${dir}: ${reason}`;
  if (!program.includes("/")) return `exec: "${program}": executable file not found in $PATH`;
  return `fork/exec ${program}: ${reason}`;
}

const SIGNALS: Record<string, string> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
};

function exitText(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (status === 0) return undefined;
  return status === null
    ? `signal: ${SIGNALS[String(signal)] ?? String(signal)}`
    : `exit status ${String(status)}`;
}

/** Files under the folder by the rules in turn: a rule with `!` takes files out again. */
function assetsIn(folder: string, rules: string[]): PropertyMap {
  const patterns = rules.map((rule) => ({
    exclude: rule.startsWith("!"),
    pattern: globPattern(rule.replace(/^!/, "")),
  }));
  const assets: PropertyMap = {};
  for (const file of filesUnder(folder, "")) {
    for (const { exclude, pattern } of patterns) {
      if (!pattern.test(file)) continue;
      if (exclude) Reflect.deleteProperty(assets, file);
      else assets[file] = pathAsset(join(folder, file));
    }
  }
  return assets;
}

function filesUnder(folder: string, prefix: string): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(folder, path) : [path];
  });
}
