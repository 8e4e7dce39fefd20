import type { Stack } from "@pulumi/pulumi/automation";
import { z } from "zod";

const pendingSchema = z.object({
  pending_operations: z
    .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
    .optional(),
});

/** `creating lab-edge` for each operation that a killed engine had begun and not finished. */
export function pendingOperations(deployment: unknown): string[] {
  const { pending_operations: pending = [] } = pendingSchema.parse(deployment);
  return pending.map(({ type, resource }) => `${type} ${resource.urn.split("::").at(-1) ?? resource.urn}`);
}

/**
 * Drops the pending operations of a killed engine, so that the next update simply does them again. That is safe
 * here and not in general: every create of this project is idempotent (scripts that check first, content-addressed
 * objects), so a resource that was made but not recorded is adopted by making it again.
 */
export async function dropPendingOperations(stack: Stack, note: (text: string) => void): Promise<void> {
  const exported = await stack.exportStack();
  const pending = pendingOperations(exported.deployment ?? {});
  if (pending.length === 0) return;
  note(`The last run was cut off while ${pending.join(", ")}; these steps are done again.`);
  const deployment: unknown = { ...exported.deployment, pending_operations: [] };
  await stack.importStack({ ...exported, deployment });
}
