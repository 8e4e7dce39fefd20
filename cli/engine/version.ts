/** `v3.253.0`, `3.200.0-alpha.1` and Go's `go1.26.8`, `go1.27rc1` as comparable parts; undefined for anything else. */
export function parseVersion(
  text: string,
): { numbers: [number, number, number]; preRelease: boolean } | undefined {
  const match = /^(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(-|rc|beta)\S*|\+\S*)?$/.exec(text.trim());
  if (!match) return undefined;
  return {
    numbers: [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)],
    preRelease: match[4] !== undefined,
  };
}

/** True when `found` is a version and not older than `wanted`; a pre-release is older than its release. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [a, b] = [parseVersion(found), parseVersion(wanted)];
  if (!b) throw new Error(`"${wanted}" is not a version; it must look like 3.200.0.`);
  if (!a) return false;
  for (const index of [0, 1, 2] as const) {
    const difference = a.numbers[index] - b.numbers[index];
    if (difference !== 0) return difference > 0;
  }
  return !a.preRelease || b.preRelease;
}
