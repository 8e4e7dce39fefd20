/**
 * IPv4 addresses and networks as plain numbers. An address is an unsigned 32-bit integer in host order
 * (192.0.2.1 is 0xc0000201), so that comparisons and ranges are arithmetic.
 */

/** A network in canonical form: `base` has no host bits set. */
export interface Cidr {
  readonly base: number;
  /** Prefix length, 0 to 32. */
  readonly prefix: number;
}

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const dottedQuad = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`);

/** The number of a dotted quad, or undefined for anything else; leading zeros are refused (inet_aton reads them as octal). */
export function parseIpv4(text: string): number | undefined {
  const match = dottedQuad.exec(text);
  if (!match) return undefined;
  return match.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The dotted quad of an address. */
export function formatIpv4(address: number): string {
  if (!Number.isInteger(address) || address < 0 || address > 0xffffffff) {
    throw new RangeError(
      `${String(address)} is not an IPv4 address: it must be a whole number from 0 to 2^32-1`,
    );
  }
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

function mask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

/** Why a text is no network, as the second half of a sentence that starts with the text; undefined when it is one. */
export function cidrFault(text: string): string | undefined {
  const match = /^([^/]+)\/(0|[1-9][0-9]?)$/.exec(text);
  const address = parseIpv4(match?.[1] ?? "");
  const prefix = Number(match?.[2]);
  if (address === undefined || !(prefix <= 32)) {
    return "is not an IPv4 network; write it like 198.18.10.0/24";
  }
  const base = (address & mask(prefix)) >>> 0;
  return base === address
    ? undefined
    : `has host bits set; did you mean ${formatIpv4(base)}/${String(prefix)}`;
}

/** The network of a text such as `198.18.10.0/24`. Throws what `cidrFault` says. */
export function parseCidr(text: string): Cidr {
  const fault = cidrFault(text);
  const [address, prefix] = text.split("/");
  const base = parseIpv4(address ?? "");
  if (fault !== undefined || base === undefined)
    throw new Error(`"${text}" ${fault ?? "is not an IPv4 network"}.`);
  return { base, prefix: Number(prefix) };
}

/** The text of a network. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.base)}/${String(cidr.prefix)}`;
}

/** How many addresses a network spans, network and broadcast address included. */
export function cidrSize(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

/** The last address of a network: its broadcast address up to /30. */
export function lastAddress(cidr: Cidr): number {
  return cidr.base + cidrSize(cidr) - 1;
}

/** The address right after the network's own: by this project's rule the gateway, held by the bridge or the hypervisor. */
export function gatewayOf(cidr: Cidr): number {
  return cidr.base + 1;
}

/** Whether an address lies in a network. */
export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address <= lastAddress(cidr);
}

/** Whether two networks share an address. Two networks either nest or are apart. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b.base) || contains(b, a.base);
}
