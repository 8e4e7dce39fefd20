import type { NodeConnection } from "../../components/node/connection";
import { NodeLoader } from "../../components/bpf/provider/node-loader";
import { answers, type SplitShare } from "../../components/bpf/provider/observation";
import * as z from "zod";
import { connectionSchema } from "../../components/bpf/provider/inputs";
import type { OutputMap } from "@pulumi/pulumi/automation";

/** Where a stack's share of another stack's traffic is set; its output `trafficSplit`. */
export interface SplitPlace {
  readonly node: string;
  readonly target: string;
  readonly connection: NodeConnection;
}

/** How long a dose holds without a driver. Several renewals fit (`RENEW_MS`), and a dead driver's share is gone in it. */
export const LEASE_SECONDS = 45;

const place = z.object({ node: z.string(), target: z.string(), connection: connectionSchema });

/** The place that a stack's outputs name; undefined for a stack without a split. */
export function splitPlace(outputs: OutputMap): SplitPlace | undefined {
  const value: unknown = outputs["trafficSplit"]?.value;
  return value === undefined || value === null ? undefined : place.parse(value);
}

/** Gives the candidate so many percent of new flows for one lease. */
export async function dose(at: SplitPlace, percent: number): Promise<SplitShare> {
  return verb(at, "dose", String(Math.round(percent * 100)), String(LEASE_SECONDS));
}

/** Gives all traffic back, at once. Repeating it is harmless. */
export async function brake(at: SplitPlace): Promise<SplitShare> {
  return verb(at, "brake");
}

/** The share as it is. */
export async function share(at: SplitPlace): Promise<SplitShare> {
  return verb(at, "show");
}

async function verb(
  { node, target, connection }: SplitPlace,
  name: string,
  ...words: string[]
): Promise<SplitShare> {
  return NodeLoader.use(node, connection, async (loader) =>
    answers.split(node, await loader.mustVerb("split", name, target, ...words)),
  );
}
