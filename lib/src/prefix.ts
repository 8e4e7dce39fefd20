import { isIPv6 } from "node:net";
import { addressBytes } from "./address-bytes";
import { cidrFault } from "./cidr";

/** A network of either family, as the bytes of a packet. */
export interface Prefix {
  readonly family: 4 | 6;
  /** 4 or 16 bytes without host bits, in network order. */
  readonly bytes: Buffer;
  /** Bits, 0 to 32 or 128. */
  readonly length: number;
}

/** Why a text is no IPv4 or IPv6 network, as the second half of a sentence that starts with the text; undefined when it is one. */
export function prefixFault(text: string): string | undefined {
  if (!text.includes(":")) return cidrFault(text);
  const match = /^([^/%]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const length = Number(match?.[2]);
  if (!match || !isIPv6(match[1] ?? "") || length > 128) {
    return "is not an IPv6 network; write it like 2001:db8::/32";
  }
  const bytes = addressBytes(match[1] ?? "");
  return bytes.equals(masked(bytes, length))
    ? undefined
    : `has host bits set after the first ${String(length)} bits`;
}

/**
 * Reads a network.
 *
 * @throws RangeError when it is none
 */
export function parsePrefix(text: string): Prefix {
  const fault = prefixFault(text);
  if (fault !== undefined) throw new RangeError(`"${text}" ${fault}.`);
  const [address = "", length] = text.split("/");
  return { family: text.includes(":") ? 6 : 4, bytes: addressBytes(address), length: Number(length) };
}

/** Whether an address (IPv4 or IPv6, in text) lies in a network. */
export function holds(prefix: Prefix, address: string): boolean {
  const bytes = addressBytes(address);
  return bytes.length === prefix.bytes.length && masked(bytes, prefix.length).equals(prefix.bytes);
}

function masked(bytes: Buffer, length: number): Buffer {
  return Buffer.from(
    bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * index)))),
  );
}
