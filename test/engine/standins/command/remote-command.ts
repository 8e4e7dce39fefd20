import type { Client, ClientChannel } from "ssh2";
import { difference } from "../provider/difference";
import { uniqueHex, type PropertyMap } from "../provider/property";
import { checkStruct } from "../provider/shape";
import type { ResourceCall, ResourceKind } from "../provider/stand-in";
import { hostsOf, parseConnection } from "./connection";
import { dial } from "./dial";
import { goQuote } from "./go-quote";
import { plannedOutputs, plainRemote, type RemoteInputs } from "./inputs";
import { ProcessOutput } from "./process-output";
import { setVariables } from "./remote-environment";
import { remoteCommand as shapes } from "./shapes";

interface Streams {
  stdout: string;
  stderr: string;
}

/** `command:remote:Command`: runs a text on another machine over SSH when the resource changes. */
export const remoteCommand: ResourceKind = {
  check: ({ inputs }) => checkStruct(shapes, inputs),

  diff: ({ oldInputs, inputs }) => difference(oldInputs, inputs, (path) => path === "triggers"),

  async create(call) {
    const { inputs, preview, name } = call;
    const id = uniqueHex(name);
    if (preview) return { id, outputs: plannedOutputs(inputs, ["stdout", "stderr"]) };
    const plain = plainRemote(inputs);
    const nothing = { stdout: "", stderr: "" };
    const streams = plain.create === undefined ? nothing : await run(plain.create, plain, nothing, call);
    return { id, outputs: { ...inputs, ...streams } };
  },

  async update(call) {
    const { inputs, state, preview } = call;
    if (preview) return plannedOutputs(inputs, ["stdout", "stderr"]);
    const plain = plainRemote(inputs);
    const before = streamsIn(state);
    const text = plain.update ?? plain.create;
    const streams = text === undefined ? before : await run(text, plain, before, call);
    return { ...inputs, ...streams };
  },

  async delete(call) {
    const plain = plainRemote(call.state);
    if (plain.delete !== undefined) await run(plain.delete, plain, streamsIn(call.state), call);
  },

  hosts: (inputs) => hostsOf(inputs.connection),
};

function streamsIn(state: PropertyMap): Streams {
  const { stdout, stderr } = plainRemote(state);
  return { stdout: stdout ?? "", stderr: stderr ?? "" };
}

async function run(
  text: string,
  inputs: RemoteInputs,
  before: Streams,
  call: ResourceCall,
): Promise<Streams> {
  const { log, cancelled } = call;
  const connection = await dial(parseConnection(inputs.connection), { log, cancelled });
  // The official provider never closes its connections; here the process would then never end.
  try {
    const env = await setVariables(connection.client, inputs, before, log);
    return await execute(connection.client, text, env, inputs, call);
  } finally {
    connection.close();
  }
}

async function execute(
  client: Client,
  text: string,
  env: Record<string, string>,
  inputs: RemoteInputs,
  { log }: ResourceCall,
): Promise<Streams> {
  const output = new ProcessOutput(inputs.logging, log);
  const failed = await exitOf(client, text, env, inputs.stdin ?? "", output);
  await output.logged();
  if (failed !== undefined) throw new Error(`${failed}: running ${goQuote(text)}:\n${output.interleaved()}`);
  return output.streams();
}

/** Runs the text and waits for both streams to end; answers with what was wrong with its exit, if anything. */
function exitOf(
  client: Client,
  text: string,
  env: Record<string, string>,
  stdin: string,
  output: ProcessOutput,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    client.exec(text, { env }, (error, channel) => {
      if (error) {
        reject(new Error(`ssh: command ${text} failed`));
        return;
      }
      collect(channel, output, reject);
      let exit: string | undefined = "wait: remote command exited without exit status or exit signal";
      channel.on("exit", (status: number | null, signal?: string) => {
        exit = exitText(status, signal);
      });
      channel.on("close", () => {
        resolve(exit);
      });
      channel.on("error", () => channel.close());
      channel.end(stdin);
    });
  });
}

function collect(channel: ClientChannel, output: ProcessOutput, reject: (error: Error) => void): void {
  const guarded = (take: (chunk: Buffer) => void) => (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      channel.close();
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  channel.on(
    "data",
    guarded((chunk) => {
      output.stdout(chunk);
    }),
  );
  channel.stderr.on(
    "data",
    guarded((chunk) => {
      output.stderr(chunk);
    }),
  );
}

// The signals that Go's SSH package adds to 128 (golang.org/x/crypto/ssh, session.go).
const SIGNALS: Record<string, number> = {
  ABRT: 6,
  ALRM: 14,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  KILL: 9,
  PIPE: 13,
  QUIT: 3,
  SEGV: 11,
  TERM: 15,
};

function exitText(status: number | null, signal: string | undefined): string | undefined {
  if (status === 0) return undefined;
  if (status !== null) return `Process exited with status ${String(status)}`;
  const name = (signal ?? "").replace(/^SIG/, "");
  return `Process exited with status ${String(128 + (SIGNALS[name] ?? 0))} from signal ${name}`;
}
