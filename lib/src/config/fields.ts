import * as z from "zod";
import { cidrFault, parseIpv4 } from "../cidr";
import { nearest } from "../nearest";

/** Building blocks of the schema. Each carries the sentence half that says what belongs there, so that no error is zod's own. */

/** A text that passes `accepts`; `rule` says what belongs there. */
export function text(rule: string, accepts: (value: string) => boolean) {
  return z.string({ error: rule }).refine(accepts, { error: rule });
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, what: string) {
  const rule = `write ${what} as a whole number from ${String(min)} to ${String(max)}`;
  return z
    .number({ error: rule })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error: rule });
}

/** `true` or `false`. */
export function flag() {
  return z.boolean({ error: "write true or false" });
}

/** One of a few words, with the nearest one proposed. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: (issue) => choose(issue.input, words) });
}

/** "choose one of a, b", or "did you mean a" where a slip is likely. */
export function choose(input: unknown, words: readonly string[]): string {
  const meant = typeof input === "string" ? nearest(input, words) : undefined;
  return meant === undefined
    ? `choose one of ${words.join(", ")}`
    : `did you mean "${meant}" (of ${words.join(", ")})`;
}

/** What to do about the key that tells the kinds of an object apart; `otherwise` where there is no object at all. */
export function chooseKey(input: unknown, key: string, words: readonly string[], otherwise: string): string {
  return typeof input === "object" && input !== null && !Array.isArray(input)
    ? choose(Reflect.get(input, key), words)
    : otherwise;
}

/** An IPv4 address. */
export function ipv4(what: string) {
  return text(
    `write ${what} as an IPv4 address like 198.18.10.10, without a prefix`,
    (value) => parseIpv4(value) !== undefined,
  );
}

/** An IPv4 network without host bits, as large as the two prefix lengths allow. */
export function network(shortest: number, longest: number) {
  return z.string({ error: "write an IPv4 network like 198.18.10.0/24" }).superRefine((value, context) => {
    const fault = cidrFault(value);
    const prefix = Number(value.split("/")[1]);
    if (fault !== undefined) context.addIssue(`it ${fault}`);
    else if (prefix < shortest || prefix > longest) {
      context.addIssue(`choose a prefix length from /${String(shortest)} to /${String(longest)}`);
    }
  });
}

/**
 * An object that allows no other keys. Its error for unknown keys has one line a key, in the issue's order, which
 * `problemsOf` splits again.
 */
export function closed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `write an object with the keys ${known.join(", ")}`;
      return issue.keys.map((key) => unknownKey(key, known)).join("\n");
    },
  });
}

/** What to do about a key that does not exist. */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `no such key; known here: ${known.join(", ")}`
    : `no such key; did you mean ${meant}`;
}

/** A table from names to values. `names` says what a name must look like. */
export function table<Value extends z.core.SomeType>(
  names: string,
  accepts: (name: string) => boolean,
  value: Value,
) {
  const key = z.string().refine(accepts, { error: names });
  return z.record(key, value, {
    error: (issue) => (issue.code === "invalid_key" ? names : "write a table of names and values"),
  });
}

/** The name of a stack, with its organization and project where they are others. */
export function stackReference(what: string) {
  return text(`write ${what}, like prod or organization/ebpf-platform/prod`, (value) =>
    /^([\w.-]+\/){0,2}[\w.-]+$/.test(value),
  );
}
