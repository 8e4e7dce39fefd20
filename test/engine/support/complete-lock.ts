import {
  parsePins,
  parseRelease,
  releaseIdentity,
  renderRelease,
  type ChartLock,
  type ReleaseLock,
} from "../../../lib/src/release";

/** A digest of nothing: the bytes of charts and images cannot be had on every machine that runs the tests. */
const invented = { sha256: "1".repeat(64) };

/**
 * A lock without gaps, for stages that refuse them: an existing one with the charts of the pins and an invented digest
 * wherever one is missing. Good for previews, which fetch nothing.
 */
export function completeLock(
  lockText: string,
  pinsText: string,
  version: string,
): { text: string; reference: string } {
  const lock = parseRelease(lockText);
  const charts = Object.entries(parsePins(pinsText).charts).map(([name, pin]): [string, ChartLock] => [
    name,
    {
      version: pin.version,
      repository: pin.repository,
      archive: invented,
      values: { sha256: pin.valuesSha256 },
    },
  ]);
  const text = renderRelease(filled({ ...lock, version, charts: Object.fromEntries(charts) }) as ReleaseLock);
  return { text, reference: `${version}@sha256:${releaseIdentity(text)}` };
}

function filled(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("sha256" in value && value.sha256 === null) return invented;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
}
