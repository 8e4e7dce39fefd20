import { gzipSync } from "node:zlib";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { NodeCommand, type CommandTarget } from "./node-command";
import { scriptText } from "./script-text";
import { shellQuote } from "./shell-quote";

export interface HostCommandArgs {
  /** Where it runs; undefined: on this machine, as root. */
  readonly host: CommandTarget | undefined;
  /** Paths of shell files, as of a `NodeCommand`: idempotent, their JSON object goes to file descriptor 3. */
  readonly up: string;
  readonly down: string;
  readonly args: Readonly<Record<string, pulumi.Input<string>>>;
  /** Variables that are secret. Default none. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Another value makes it anew, `down` first; everything else runs `up` again in place. */
  readonly identity: pulumi.Input<string>;
  /** Seconds, where it runs on another machine. */
  readonly timeoutSeconds: number;
}

/** Something on a host that is made, changed in place and taken back by shell files, whether the host is this machine or not. */
export class HostCommand extends pulumi.ComponentResource {
  /** The JSON object of `up`. */
  readonly output: pulumi.Output<Record<string, unknown>>;
  /** What others depend on. */
  readonly resource: pulumi.Resource;

  constructor(name: string, args: HostCommandArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:node:HostCommand", name, {}, opts);
    const { host, secrets = {}, up, down, identity, timeoutSeconds } = args;
    if (host) {
      const kind = { undo: down, identity };
      const run = new NodeCommand(
        name,
        { machine: host, script: up, args: args.args, secrets, kind, timeoutSeconds },
        { parent: this },
      );
      this.resource = run.resource;
      // Facts of a machine, none of them secret.
      this.output = pulumi.unsecret(run.output);
    } else {
      const run = this.local(name, args);
      this.resource = run;
      this.output = run.stdout.apply((text) => answerOf(text, name));
    }
    this.registerOutputs({ output: this.output });
  }

  private local(
    name: string,
    { args, secrets = {}, up, down, identity }: HostCommandArgs,
  ): command.local.Command {
    const variables = pulumi
      .secret(pulumi.all([args, secrets]))
      .apply(([open, hidden]) => ({ ...open, ...hidden }));
    return new command.local.Command(
      name,
      {
        interpreter: ["/bin/bash", "-c", hostStepEntry(), "host-step"],
        create: "up",
        update: "up",
        delete: "down",
        stdin: variables.apply((values) => hostStepInput(values, up, down)),
        triggers: [identity],
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
      { parent: this, deleteBeforeReplace: true },
    );
  }
}

/** The text that bash runs with the verb as its argument. */
export function hostStepEntry(): string {
  return scriptText("components/node/scripts/host-step-entry.sh")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .join("\n");
}

/** What it reads: variables, script for up, script for down. */
export function hostStepInput(variables: Readonly<Record<string, string>>, up: string, down: string): string {
  const assignments = Object.entries(variables)
    .map(([key, value]) => `${key}=${shellQuote(value)}\n`)
    .join("");
  const packed = [up, down].map((path) => gzipSync(scriptText(path), { level: 9 }).toString("base64"));
  return [Buffer.from(assignments).toString("base64"), ...packed, ""].join("\n");
}

function answerOf(text: string, name: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new pulumi.RunError(
      `${name} gave no answer on this machine ("${text.slice(0, 80)}"); run up again.`,
    );
  }
}
