import { isIPv4, isIPv6 } from "node:net";

/**
 * Addresses as the bytes of a packet, in network order.
 *
 * @returns 4 bytes for IPv4, 16 for IPv6
 * @throws RangeError when the text is neither
 */
export function addressBytes(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split(".").map(Number));
  if (!isIPv6(text) || text.includes("%")) {
    throw new RangeError(
      `"${text}" is neither an IPv4 nor an IPv6 address; write it like 192.0.2.1 or 2001:db8::1.`,
    );
  }
  const [head = "", tail] = withoutDottedQuad(text).split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const words = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  words.forEach((word, index) => bytes.writeUInt16BE(word, 2 * index));
  return bytes;
}

/** ::ffff:192.0.2.1 as ::ffff:c000:201. */
function withoutDottedQuad(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}

/**
 * A MAC address as 6 bytes.
 *
 * @throws RangeError unless it is six pairs of hexadecimal digits with colons between
 */
export function macBytes(text: string): Buffer {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    throw new RangeError(`"${text}" is no MAC address; write it like 02:00:5e:10:00:01.`);
  }
  return Buffer.from(text.replaceAll(":", ""), "hex");
}
