import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type EngineEvent, type OpType, type Stack } from "@pulumi/pulumi/automation";
import { engineOnPath } from "../../support/engine-on-path";

/** What one run of the engine did and said. */
export interface EngineRun {
  /** Operation by resource name, `same` left out. */
  readonly operations: Readonly<Record<string, OpType>>;
  /** What it printed of a resource, by the resource's name; colours removed. */
  readonly words: Readonly<Record<string, string>>;
  /** Everything it printed. */
  readonly text: string;
  readonly failed: boolean;
  readonly seconds: number;
}

/** A stack of the real engine whose program is a function of the test. All of its machines are nspawn machines. */
export class EngineStack {
  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly program: { run: () => void },
  ) {}

  /** @param path PATH whose first folder, named `bin`, has the engine; further ones the providers. */
  static async create(name: string, path: string): Promise<EngineStack> {
    const folder = mkdtempSync(join(tmpdir(), `node-command-${name}-`));
    writeFileSync(
      join(folder, `Pulumi.${name}.yaml`),
      "config:\n  ebpf-platform:nodes:\n    - { name: one, driver: nspawn }\n",
    );
    const program = { run: (): void => undefined };
    const stack = await LocalWorkspace.createOrSelectStack(
      {
        stackName: name,
        projectName: "node-command",
        program: async () => {
          program.run();
          return Promise.resolve();
        },
      },
      {
        pulumiCommand: await engineOnPath(path),
        workDir: folder,
        projectSettings: { name: "node-command", runtime: "nodejs", backend: { url: `file://${folder}` } },
        envVars: {
          PATH: path,
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          SSH_AUTH_SOCK: "",
        },
      },
    );
    return new EngineStack(stack, folder, program);
  }

  up(program: () => void): Promise<EngineRun> {
    this.program.run = program;
    return observed((onEvent) => this.stack.up({ onEvent, continueOnError: true }));
  }

  /** Previews and runs nothing. */
  preview(program: () => void): Promise<EngineRun> {
    this.program.run = program;
    return observed((onEvent) => this.stack.preview({ onEvent }));
  }

  destroy(): Promise<EngineRun> {
    return observed((onEvent) => this.stack.destroy({ onEvent }));
  }

  /** The state as the backend keeps it on disk. */
  state(name: string): string {
    return readFileSync(join(this.folder, ".pulumi/stacks/node-command", `${name}.json`), "utf8");
  }

  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function observed(
  run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
): Promise<EngineRun> {
  const operations: Record<string, OpType> = {};
  const words: Record<string, string> = {};
  const said: string[] = [];
  const started = Date.now();
  const failed = await run(({ resourcePreEvent, diagnosticEvent }) => {
    const metadata = resourcePreEvent?.metadata;
    if (metadata?.type.startsWith("command:") === true && metadata.op !== "same") {
      operations[metadata.urn.split("::").at(-1) ?? ""] ??= metadata.op;
    }
    if (diagnosticEvent && (diagnosticEvent.severity as string) !== "debug") {
      const text = diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, "");
      const name = diagnosticEvent.urn?.split("::").at(-1) ?? "";
      words[name] = (words[name] ?? "") + text;
      said.push(text);
    }
  }).then(
    () => false,
    (error: unknown) => {
      if (said.length === 0) throw error;
      return true;
    },
  );
  return { operations, words, text: said.join("\n"), failed, seconds: (Date.now() - started) / 1000 };
}
