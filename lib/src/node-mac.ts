import { addressBytes } from "./address-bytes";

/**
 * The MAC address of an nspawn node: locally administered (02) and derived from its IPv4 address, so that neighbours
 * keep their entries when a node is made anew. The same rule stands in components/node/scripts/nspawn-spec.sh.
 */
export function nspawnMac(address: string): string {
  const hex = [...addressBytes(address)].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["02", "eb", ...hex].join(":");
}
