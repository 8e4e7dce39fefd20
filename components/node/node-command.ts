import { createHash } from "node:crypto";
import * as command from "@pulumi/command";
import { shortName } from "@ebpf-platform/lib/names";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConnection } from "./connection";
import { remoteConnection, type DialLimits } from "./remote-connection";
import { scriptText } from "./script-text";
import { parseAnswer } from "./step-answer";
import { stepCommand, stepInput, type Step } from "./step";

/** What a command needs of a machine; a `Machine` is one. */
export interface CommandTarget {
  readonly name: string;
  readonly connection: pulumi.Output<NodeConnection>;
  /** Another value for another machine under the same name: what ran on the old one runs again on the new one. */
  readonly instance: pulumi.Output<string>;
  /** What must be there before the first command. */
  readonly ready?: pulumi.Resource | pulumi.Resource[];
  /** `deletedWith` the machine, where the machine goes with the stack. */
  readonly lifetime: Pick<pulumi.CustomResourceOptions, "deletedWith">;
}

export interface NodeCommandArgs {
  readonly machine: CommandTarget;
  /** Path of the shell file, relative to the project's root. Runs with `set -euo pipefail`. */
  readonly script: string;
  /** Shell variables of the script. Default none. */
  readonly args?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Shell variables that never show in arguments, environment or logs. Default none. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /**
   * `declarative`: idempotent; other content runs it again in place, delete leaves the node as it is.
   * `{ undo }`: the path of the script that takes it back; other content is undo first, then the new run.
   * `{ undo, inPlace: true }`: other content runs it again in place, and only a delete takes it back.
   * `{ undo, identity }`: other content runs again in place, and only another identity is undo first.
   */
  readonly kind:
    | "declarative"
    | { readonly undo: string; readonly inPlace?: true; readonly identity?: pulumi.Input<string> };
  /** Seconds until the node ends the script. */
  readonly timeoutSeconds: number;
  /** How long to dial. Default for a node that is up already. */
  readonly dial?: DialLimits;
}

/**
 * Runs a shell file on a node, at most once at a time, and again only when its content (script, arguments, secrets) has
 * changed. The one place where `remote.Command` stands; see docs/nodes.md for what of it is fenced in and how.
 */
export class NodeCommand extends pulumi.ComponentResource {
  /** The JSON object the script wrote to file descriptor 3, `{}` without one. Secret. */
  readonly output: pulumi.Output<Record<string, unknown>>;
  /** What others depend on. */
  readonly resource: pulumi.Resource;

  constructor(name: string, args: NodeCommandArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("ebpf-platform:node:NodeCommand", name, {}, pulumi.mergeOptions(opts, args.machine.lifetime));
    const { machine, kind, timeoutSeconds } = args;
    const id = stepId(pulumi.getStack(), name);
    const step = pulumi.secret(
      pulumi.all([args.args ?? {}, args.secrets ?? {}]).apply(([variables, secrets]): Step => ({
        id,
        script: scriptText(args.script),
        ...(kind === "declarative" ? {} : { undo: scriptText(kind.undo) }),
        args: variables,
        secrets,
        timeoutSeconds,
      })),
    );
    // Not part of the step's content: the runner skips what this machine has done, a new machine has done nothing.
    const stdin = pulumi
      .all([step, machine.instance])
      .apply(([value, instance]) => stepInput(value, instance));
    const run = stepCommand("run", timeoutSeconds);
    const resource = new command.remote.Command(
      name,
      {
        connection: remoteConnection(machine.connection, machine.name, args.dial),
        create: run,
        // Without it any changed input, a new key too, would be a reason for the provider to run `create`.
        update: run,
        ...(kind === "declarative"
          ? {}
          : {
              delete: stepCommand("undo", timeoutSeconds),
              ...(kind.inPlace ? {} : { triggers: [kind.identity ?? step.apply(contentOf)] }),
            }),
        stdin,
        // With logging on, one output line of 64 KiB hangs the provider for ever, and secrets are printed.
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        ...machine.lifetime,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["stdout", "stderr"],
        ...(machine.ready ? { dependsOn: machine.ready } : {}),
      },
    );
    this.resource = resource;
    this.output = pulumi.secret(resource.stdout).apply((text) => outputOf(text, id, machine.name));
    this.registerOutputs({ output: this.output });
  }
}

/** The id of a resource's step on its node: stacks that share a machine stay apart. */
export function stepId(stack: string, name: string): string {
  const text = `${stack}.${name}`.toLowerCase().replace(/[^a-z0-9._-]/g, "-");
  return shortName([text.replace(/^[^a-z0-9]+/, "")], 100);
}

/** What makes a step of kind `undo` another one. */
function contentOf({ script, undo, args, secrets }: Step): string {
  return createHash("sha256")
    .update(JSON.stringify([script, undo, args, secrets]))
    .digest("hex");
}

function outputOf(text: string, id: string, node: string): Record<string, unknown> {
  try {
    return { ...parseAnswer(text, id, node).output };
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}
