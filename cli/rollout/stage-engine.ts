import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { reviveMachines } from "../../components/node/revive";
import { Failure } from "../failure";
import { collectStatus } from "../status/collect";
import { isHealthy } from "../status/report";
import { withPreparedStack } from "../stack/open";
import { EventRecord, runOperation } from "../stack/operation";
import { dropPendingOperations } from "../stack/pending";

/** What the engine does for a rollout, over the Automation API. */
export class StageEngine {
  /** Outputs of the last look, by stack: a brake must not wait for the engine. */
  private readonly seen = new Map<string, OutputMap>();

  constructor(private readonly note: (text: string) => void) {}

  private get terminal() {
    return { colours: false, note: this.note };
  }

  async preview(stack: string): Promise<void> {
    await withPreparedStack(stack, this.note, { create: true }, async (opened) => {
      await reviveMachines(stack, this.note);
      await dropPendingOperations(opened, this.note);
      await runOperation("preview", opened, this.terminal);
    });
  }

  /** Updates a stack, or only what belongs to some of its nodes. What is as wanted stays untouched. */
  async update(stack: string, nodes: readonly string[] = []): Promise<void> {
    await withPreparedStack(stack, this.note, { create: true }, async (opened) => {
      await reviveMachines(stack, this.note);
      await dropPendingOperations(opened, this.note);
      const { outputs } = await runOperation(
        "up",
        opened,
        this.terminal,
        new EventRecord(),
        nodes.flatMap(nodeTargets),
      );
      this.seen.set(stack, outputs);
    });
  }

  /** The state as it is, for a person's repair and never for a rollback; 0600, its secrets stay encrypted. */
  async snapshot(stack: string, folder: string): Promise<void> {
    await withPreparedStack(stack, this.note, { create: true }, async (opened) => {
      const deployment = await opened.exportStack();
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, `${stack}.json`), JSON.stringify(deployment), { mode: 0o600, flush: true });
    });
  }

  async outputs(stack: string): Promise<OutputMap> {
    const known = this.seen.get(stack);
    if (known) return known;
    const outputs = await withPreparedStack(stack, this.note, { create: false }, (opened) =>
      opened.outputs(),
    );
    this.seen.set(stack, outputs);
    return outputs;
  }

  /** Nodes, programs and VIPs as they are. Throws one sentence when anything is wrong. */
  async verify(stack: string): Promise<void> {
    const report = await collectStatus(stack, await this.outputs(stack));
    if (isHealthy(report)) return;
    throw new Failure("failed", `${stack} is not healthy; platform status ${stack} shows what is wrong.`);
  }
}

/** Resources of a node: its own name, or its name with what is on it. */
export function nodeTargets(node: string): string[] {
  return [`**::${node}`, `**::${node}-*`, `**-${node}`];
}
