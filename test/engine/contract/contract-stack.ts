import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CustomResource } from "@pulumi/pulumi";
import { isSecret, Output } from "@pulumi/pulumi";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { engineOnPath } from "../../support/engine-on-path.js";
import type { Observation, Operation, Seen } from "./case.js";
import { stopEngineIn } from "./stop-engine.js";

export type Observations = Map<string, Observation>;

export interface StackOptions {
  name: string;
  /** PATH with the engine and the providers. */
  path: string;
  /** The stack file; without it, one nspawn node. */
  config?: string;
}

const ONE_NSPAWN_NODE = "config:\n  ebpf-platform:nodes:\n    - { name: contract, driver: nspawn }\n";

const OPERATIONS: Record<string, Operation> = {
  create: "create",
  update: "update",
  same: "same",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

/** A stack of its own in a folder of its own, run by the real engine with an inline program. */
export class ContractStack {
  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly host: { program: () => CustomResource[] },
  ) {}

  static async create({ name, path, config = ONE_NSPAWN_NODE }: StackOptions): Promise<ContractStack> {
    const folder = mkdtempSync(join(tmpdir(), `contract-${name}-`));
    writeFileSync(join(folder, `Pulumi.${name}.yaml`), config);
    const host = { program: (): CustomResource[] => [] };
    const seen: { record: (resources: CustomResource[]) => void } = { record: () => undefined };
    const stack = await LocalWorkspace.createOrSelectStack(
      {
        stackName: name,
        projectName: "contract",
        program: () => {
          seen.record(host.program());
          return Promise.resolve();
        },
      },
      {
        pulumiCommand: await engineOnPath(path),
        workDir: folder,
        projectSettings: { name: "contract", runtime: "nodejs", backend: { url: `file://${folder}` } },
        envVars: {
          PATH: path,
          PULUMI_CONFIG_PASSPHRASE: "contract",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          SSH_AUTH_SOCK: "",
        },
      },
    );
    const made = new ContractStack(stack, folder, host);
    seen.record = (resources) => {
      made.record(resources);
    };
    return made;
  }

  private current: Observations = new Map();
  /** Warnings and errors of the last run that belong to no resource. */
  readonly messages: string[] = [];

  preview(program: () => CustomResource[]): Promise<Observations> {
    return this.run(program, (onEvent) => this.stack.preview({ onEvent }));
  }

  up(program: () => CustomResource[]): Promise<Observations> {
    return this.run(program, (onEvent) => this.stack.up({ onEvent, continueOnError: true }));
  }

  /** `up`, or nothing if it takes longer than the limit; then engine and providers have been killed. */
  async upWithin(limitMs: number, program: () => CustomResource[]): Promise<Observations | undefined> {
    const run = this.up(program);
    const late = Symbol("late");
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<typeof late>((resolve) => {
      timer = setTimeout(() => {
        resolve(late);
      }, limitMs);
    });
    const first = await Promise.race([run, limit]);
    clearTimeout(timer);
    if (first !== late) return first;
    stopEngineIn(this.folder);
    await run.catch(() => undefined);
    return undefined;
  }

  refresh(): Promise<Observations> {
    return this.run(
      () => [],
      (onEvent) => this.stack.refresh({ onEvent }),
    );
  }

  async destroy(): Promise<void> {
    await this.stack.destroy({ continueOnError: true });
  }

  /** Deletes the resources that are left, and the folder. */
  async dispose(): Promise<void> {
    await this.destroy();
    this.discard();
  }

  /** Removes the folder and forgets the resources. */
  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(
    program: () => CustomResource[],
    operation: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
  ): Promise<Observations> {
    const observations: Observations = new Map();
    this.current = observations;
    this.host.program = program;
    const others = this.messages;
    others.length = 0;
    const end = await operation((event) => {
      note(observations, others, event);
    }).catch((error: unknown) => error);
    const failed = end instanceof Error;
    const explained = [...observations.values()].some(({ errors }) => errors.length > 0);
    if (failed && !explained) throw new Error(`${others.join("\n")}\n${end.message}`);
    return observations;
  }

  private record(resources: CustomResource[]): void {
    for (const resource of resources) {
      for (const [property, value] of Object.entries(resource)) {
        if (Output.isInstance(value)) void this.see(resource, property, value);
      }
    }
  }

  private async see(resource: CustomResource, property: string, value: Output<unknown>): Promise<void> {
    const observations = this.current;
    const urn = await promiseOf(resource.urn);
    const [known, secret] = await Promise.all([knownness(value), isSecret(value)]);
    const seen: Seen = { known, secret, value: known ? await promiseOf(value) : undefined };
    observationOf(observations, urn).outputs.set(property, seen);
  }
}

/** The SDK's types hide `isKnown` from programs, which have no use for it. */
function knownness(output: Output<unknown>): Promise<boolean> {
  if (!("isKnown" in output)) throw new Error("an output of this SDK does not tell whether it is known");
  return Promise.resolve(output.isKnown as Promise<boolean>);
}

function promiseOf<T>(output: Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

function note(observations: Observations, others: string[], event: EngineEvent): void {
  const metadata = event.resourcePreEvent?.metadata;
  if (metadata && metadata.type !== "pulumi:pulumi:Stack") {
    const observation = observationOf(observations, metadata.urn);
    observation.operation = OPERATIONS[metadata.op] ?? observation.operation;
    const changed = metadata.detailedDiff ? Object.keys(metadata.detailedDiff) : (metadata.diffs ?? []);
    if (changed.length > 0) observation.changed = changed;
  }
  const diagnostic = event.diagnosticEvent;
  if (!diagnostic) return;
  // eslint's no-control-regex wants no control characters in patterns; colours are marked with <{%…%}> here.
  const message = diagnostic.message.replaceAll(/<\{%[^%]*%\}>/g, "").trimEnd();
  if (diagnostic.urn === undefined || diagnostic.urn.includes("::pulumi:pulumi:Stack::"))
    others.push(message);
  else if (diagnostic.severity === "error") observationOf(observations, diagnostic.urn).errors.push(message);
  else if (diagnostic.severity === "warning")
    observationOf(observations, diagnostic.urn).warnings.push(message);
}

function observationOf(observations: Observations, urn: string): Observation {
  const name = urn.split("::").at(-1) ?? urn;
  const found = observations.get(name);
  if (found) return found;
  const made: Observation = {
    operation: undefined,
    changed: [],
    outputs: new Map(),
    errors: [],
    warnings: [],
  };
  observations.set(name, made);
  return made;
}
