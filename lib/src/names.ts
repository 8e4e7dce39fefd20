import { createHash } from "node:crypto";

/** RFC 1123 label: what a host name, a Kubernetes Node and a systemd machine may be called. At most 63 characters. */
export function isHostLabel(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** Linux interface name: IFNAMSIZ is 16 with the final NUL; `/`, `:` and white space are refused by dev_valid_name(). */
export function isInterfaceName(text: string): boolean {
  return /^[^\s/:]{1,15}$/.test(text) && text !== "." && text !== "..";
}

/** C identifier, as BPF sources name their constants. */
export function isCIdentifier(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** BPF map name as the kernel keeps it: BPF_OBJ_NAME_LEN is 16 with the final NUL. */
export function isMapName(text: string): boolean {
  return isCIdentifier(text) && text.length <= 15;
}

/** POSIX portable user name, as useradd(8) accepts it. */
export function isUserName(text: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,31}$/.test(text);
}

/**
 * Joins parts with `-` and, where the result would be longer than `limit` characters, keeps its beginning and ends it
 * with six hex digits of the whole's SHA-256: deterministic, and different wholes keep different names.
 */
export function shortName(parts: readonly string[], limit: number): string {
  const whole = parts.join("-");
  if (whole.length <= limit) return whole;
  if (limit < 8)
    throw new RangeError(
      `A shortened name needs at least 8 characters, ${String(limit)} were given for "${whole}".`,
    );
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 6);
  return `${whole.slice(0, limit - 7).replace(/-+$/, "")}-${hash}`;
}

/** A name for a network interface of this host, at most 15 characters: `ebp` and the parts, shortened by hash. */
export function interfaceName(...parts: string[]): string {
  return shortName(["ebp", ...parts], 15);
}
