/**
 * Keys under which Vault has something else than what is wanted, sorted; none when nothing has to be written. Vault gives
 * back more than was written, lists in an order of its own, and durations in seconds, as a number or as a text.
 */
export function differences(
  want: Readonly<Record<string, unknown>>,
  have: Readonly<Record<string, unknown>> | undefined,
): string[] {
  return Object.keys(want)
    .filter((key) => canonical(want[key]) !== canonical(have?.[key]))
    .sort();
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value.map(canonical).sort());
  if (typeof value === "object" && value !== null)
    return JSON.stringify(
      Object.entries(value)
        .map(([key, each]): [string, string] => [key, canonical(each)])
        .sort(),
    );
  return JSON.stringify(typeof value === "number" ? String(value) : (value ?? ""));
}
