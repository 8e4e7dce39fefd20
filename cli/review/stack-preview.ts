import { createHash } from "node:crypto";
import { plainText } from "../stack/engine-problem";
import type { EventRecord } from "../stack/operation";

/** One resource of a preview: a digest for each of its inputs, so that two previews can be compared without values. */
export interface ReviewedResource {
  readonly name: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** What a policy said of one resource. */
export interface ReviewedFinding {
  readonly policy: string;
  readonly resource: string;
  readonly mandatory: boolean;
  readonly message: string;
}

/** What a preview of one stack, from nothing, showed. This is what `--save` writes and `--against` reads. */
export interface StackPreview {
  readonly stack: string;
  readonly stage: string;
  /** `workspace`, or version@sha256:identity. */
  readonly release: string;
  readonly resources: readonly ReviewedResource[];
  readonly findings: readonly ReviewedFinding[];
  /** Why there was no whole preview; absent when there was. */
  readonly failure?: string;
}

/** Turns what the engine told into what is compared and shown. */
export function stackPreview(
  identity: Pick<StackPreview, "stack" | "stage" | "release">,
  record: EventRecord,
  failure: string | undefined,
): StackPreview {
  return {
    ...identity,
    resources: record.resources.map(({ urn, type, inputs }) => ({
      name: nameOf(urn),
      type,
      inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, digest(value)])),
    })),
    findings: record.policyEvents.map(({ policyName, resourceUrn, enforcementLevel, message }) => ({
      policy: policyName,
      resource: nameOf(resourceUrn ?? "the stack"),
      mandatory: enforcementLevel === "mandatory",
      message: plainText(message),
    })),
    ...(failure === undefined ? {} : { failure }),
  };
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([value]))
    .digest("hex")
    .slice(0, 16);
}

/** One line of the difference between two previews. */
export interface Difference {
  readonly kind: "added" | "removed" | "changed";
  readonly resource: string;
  /** Names of the inputs that differ. */
  readonly inputs: readonly string[];
}

/** What the second preview has that the first has not, has not that it has, or has with other inputs. */
export function differences(before: StackPreview, after: StackPreview): readonly Difference[] {
  const old = byKey(before);
  const now = byKey(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((key): Difference[] => {
    const [was, is] = [old.get(key), now.get(key)];
    if (was === undefined) return [{ kind: "added", resource: key, inputs: [] }];
    if (is === undefined) return [{ kind: "removed", resource: key, inputs: [] }];
    const names = [...new Set([...Object.keys(was.inputs), ...Object.keys(is.inputs)])].sort();
    const inputs = names.filter((name) => was.inputs[name] !== is.inputs[name]);
    return inputs.length === 0 ? [] : [{ kind: "changed", resource: key, inputs }];
  });
}

function byKey({ resources }: StackPreview): ReadonlyMap<string, ReviewedResource> {
  return new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
}
