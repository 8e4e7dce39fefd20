import { parse } from "yaml";
import { z } from "zod";
import {
  equal,
  isObject,
  isUnknown,
  reveal,
  revealMap,
  type Property,
  type PropertyMap,
} from "../provider/property";
import type { Checked, CheckFailure, Difference } from "../provider/stand-in";

/** What the stand-in uses of the configuration; the rest is taken and kept. */
export interface ProviderConfig {
  namespace: string | undefined;
  renderYamlToDirectory: string | undefined;
  enableConfigMapMutable: boolean;
  enableSecretMutable: boolean;
}

const flag = z
  .union([z.boolean(), z.enum(["true", "false", ""])])
  .transform((value) => value === true || value === "true");
const schema = z.object({
  namespace: z.string().optional(),
  renderYamlToDirectory: z.string().optional(),
  enableConfigMapMutable: flag.default(false),
  enableSecretMutable: flag.default(false),
});

export function parseProviderConfig(args: Property): ProviderConfig {
  const values = isObject(args) ? revealMap(args) : {};
  const known = Object.entries(values).filter(([, value]) => !isUnknown(value) && value !== "");
  const parsed = schema.parse(Object.fromEntries(known));
  return {
    namespace: parsed.namespace,
    renderYamlToDirectory: parsed.renderYamlToDirectory,
    enableConfigMapMutable: parsed.enableConfigMapMutable,
    enableSecretMutable: parsed.enableSecretMutable,
  };
}

export function checkProviderConfig(inputs: PropertyMap): Checked {
  const values = revealMap(inputs);
  const failures: CheckFailure[] = [];
  const renders = truthy(values.renderYamlToDirectory);
  for (const other of ["cluster", "context", "kubeconfig"]) {
    const ambient = other === "kubeconfig" && values.kubeconfig === process.env.KUBECONFIG;
    if (!renders || ambient || !truthy(values[other])) continue;
    failures.push({
      property: other,
      reason: `"${other}" arg is not compatible with "renderYamlToDirectory" arg`,
    });
  }
  if (truthy(values.alwaysRender) && !renders) {
    failures.push({
      property: "alwaysRender",
      reason: `"alwaysRender" requires "renderYamlToDirectory" to be set`,
    });
  }
  return { inputs, failures };
}

function truthy(value: Property | undefined): boolean {
  return value === true || (typeof value === "string" && value !== "" && value !== "false");
}

/** A provider is replaced, with all that it made, when its cluster is another one; `clusterIdentifier` decides it. */
export function diffProviderConfig(call: { state: PropertyMap; inputs: PropertyMap }): Difference {
  const old = revealMap(call.state);
  const now = revealMap(call.inputs);
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => !equal(old[name], now[name]),
  );
  const pinned = now.clusterIdentifier !== undefined && equal(old.clusterIdentifier, now.clusterIdentifier);
  const replacing = pinned ? [] : names.filter((name) => replaces(name, old, now));
  const unknown = ["kubeconfig", "context", "cluster"].find((name) => isUnknown(now[name]));
  const changed = unknown === undefined ? names : [unknown];
  const detailed = Object.fromEntries(
    changed.map((name) => [name, { kind: "update" as const, replace: replacing.includes(name) }]),
  );
  return { changes: names.length > 0, detailed, namesOnly: true };
}

function replaces(name: string, old: PropertyMap, now: PropertyMap): boolean {
  if (name === "renderYamlToDirectory") return true;
  if (name === "clusterIdentifier")
    return old.clusterIdentifier !== undefined && now.clusterIdentifier !== undefined;
  if (!["kubeconfig", "context", "cluster"].includes(name)) return false;
  if (isUnknown(now[name])) return true;
  const [before, after] = [activeCluster(old), activeCluster(now)];
  return before !== undefined && after !== undefined && !equal(before, after);
}

const kubeconfigSchema = z.object({
  "current-context": z.string().optional(),
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: z.string().optional() }) }))
    .default([]),
  clusters: z.array(z.object({ name: z.string(), cluster: z.record(z.string(), z.unknown()) })).default([]),
});

function activeCluster(config: PropertyMap): Property | undefined {
  const given = reveal(config.kubeconfig ?? null);
  const parsed = kubeconfigSchema.safeParse(typeof given === "string" ? parse(given) : given);
  if (!parsed.success) return undefined;
  const context = typeof config.context === "string" ? config.context : parsed.data["current-context"];
  const inContext = parsed.data.contexts.find(({ name }) => name === context)?.context.cluster;
  const wanted = typeof config.cluster === "string" ? config.cluster : inContext;
  const found = parsed.data.clusters.find(({ name }) => name === wanted)?.cluster;
  return found && (JSON.parse(JSON.stringify(found)) as Property);
}
