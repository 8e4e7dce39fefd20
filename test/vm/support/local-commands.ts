import { spawn } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { secretValue } from "../../unit/components/node/recorded-resources";
import { testKey, type TestKey } from "../../node/support/machines";

/** One `local.Command` of a program. */
interface Ran {
  readonly interpreter: readonly string[];
  readonly delete: string;
  readonly stdin: string;
}

/**
 * The engine's part in a program whose only real resources are `local.Command`s: they run as the provider runs them, keys are
 * drawn once by name, everything else is recorded and done nothing about.
 */
export class LocalCommands {
  private readonly ran = new Map<string, Ran>();
  private readonly keys = new Map<string, TestKey>();

  /** Runs a program as an update does. Rejects with what the first command that fails says. */
  async up<T>(program: () => T, ready: (made: T) => pulumi.Output<unknown>): Promise<T> {
    let fail: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    await pulumi.runtime.setMocks(
      {
        newResource: async ({ type, name, inputs }) => {
          const state = inputs as Record<string, unknown>;
          if (type === "tls:index/privateKey:PrivateKey")
            return { id: name, state: { ...state, ...this.key(name) } };
          if (type !== "command:local:Command") return { id: name, state: { ...state, stdout: "{}" } };
          const command: Ran = {
            interpreter: state.interpreter as string[],
            delete: String(state.delete),
            stdin: String(secretValue(state.stdin)),
          };
          this.ran.set(name, command);
          const { code, stdout, stderr } = await execute(command, String(state.create));
          if (code !== 0) fail(new Error(stderr.trim()));
          return { id: name, state: { ...state, stdout: stdout.trim(), stderr } };
        },
        call: () => ({}),
      },
      "project",
      "t-vm",
    );
    const made = program();
    await Promise.race([failed, new Promise((resolve) => ready(made).apply(resolve))]);
    return made;
  }

  /** Takes back what was made, the last first. Throws when a command fails. */
  async destroy(): Promise<void> {
    for (const command of [...this.ran.values()].reverse()) {
      const { code, stderr } = await execute(command, command.delete);
      if (code !== 0) throw new Error(stderr);
    }
  }

  private key(name: string): { privateKeyOpenssh: string; publicKeyOpenssh: string } {
    const key = this.keys.get(name) ?? testKey();
    this.keys.set(name, key);
    return { privateKeyOpenssh: key.private, publicKeyOpenssh: key.public };
  }
}

function execute(
  { interpreter, stdin }: Ran,
  verb: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [program = "", ...words] = interpreter;
  const child = spawn(program, [...words, verb], { stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
