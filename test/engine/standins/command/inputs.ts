import { z } from "zod";
import { revealMap, UNKNOWN, type Property, type PropertyMap } from "../provider/property";

const lifecycleSchema = z.object({
  create: z.string().optional(),
  update: z.string().optional(),
  delete: z.string().optional(),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
});

const runSchema = z.object({
  stdin: z.string().optional(),
  logging: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  addPreviousOutputInEnv: z.boolean().optional(),
});

const remoteSchema = lifecycleSchema.extend(runSchema.shape).extend({ connection: z.custom<Property>() });

const localRunSchema = runSchema.extend({
  command: z.string().optional(),
  interpreter: z.array(z.string()).optional(),
  dir: z.string().optional(),
  assetPaths: z.array(z.string()).optional(),
  archivePaths: z.array(z.string()).optional(),
});

const localSchema = localRunSchema.extend(lifecycleSchema.shape);

export type RemoteInputs = z.infer<typeof remoteSchema>;
export type LocalRun = z.infer<typeof localRunSchema>;
export type LocalInputs = z.infer<typeof localSchema>;

export function plainRemote(values: PropertyMap): RemoteInputs {
  return remoteSchema.parse(revealMap(values));
}

export function plainLocal(values: PropertyMap): LocalInputs {
  return localSchema.parse(revealMap(values));
}

/** What a preview shows: the inputs as they are, and outputs that are not known before the command has run. */
export function plannedOutputs(inputs: PropertyMap, outputs: string[]): PropertyMap {
  return { ...inputs, ...Object.fromEntries(outputs.map((name) => [name, UNKNOWN])) };
}
