/** An address in text. `family` is 4 or 6; another one has none. IPv6 without the shortening of RFC 5952. */
export function addressText(family: number, bytes: Buffer): string | undefined {
  if (family === 4) return [...bytes.subarray(0, 4)].join(".");
  if (family !== 6) return undefined;
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(":");
}
