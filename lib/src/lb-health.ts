import type { VipConfig } from "./config/types";
import { candidateRing, type LbVip, vipIdentity } from "./lb-maps";
import type { LbNumbers } from "./lb-numbers";

/** A VIP with the addresses of its backends and, where it has one, its check. */
export type CheckedVip = LbVip & Pick<VipConfig, "health">;

/**
 * What `ebpf-loader health` reads (its shape stands in bpf/loader/health.h): the VIPs that have a check, with their ring
 * and the numbers of their backends in the data plane. Undefined when no VIP has one.
 *
 * @param program name of the load balancer's program on the node
 */
export function healthDocument(
  program: string,
  vips: readonly CheckedVip[],
  numbers: LbNumbers,
): object | undefined {
  const checked = vips.flatMap((vip) => {
    const { health } = vip;
    if (!health) return [];
    const { check, path = "/", host = hostOf(vip.address) } = health;
    const { intervalMs, timeoutMs, rise, fall } = health;
    const identity = vipIdentity(vip);
    const document = (name: string, ring: number, backends: LbVip["backends"]) => ({
      vip: name,
      ring,
      intervalMs,
      timeoutMs,
      rise,
      fall,
      backends: backends
        .map(({ name: backend, address, port = vip.port }) => ({
          name: backend,
          real: numbers.reals.findIndex((real) => real.backend === `${identity} ${backend}`),
          address,
          port: health.port ?? port,
          ...(check === "http" ? { http: { path, host } } : {}),
        }))
        .sort((a, b) => a.real - b.real),
    });
    const index = numbers.vips.indexOf(identity);
    const stable = vip.backends.filter(({ candidate }) => !candidate);
    const candidates = vip.backends.filter(({ candidate }) => candidate);
    // Two rings, each with detours of its own.
    return [
      document(identity, index, stable),
      ...(candidates.length === 0
        ? []
        : [document(`candidates of ${identity}`, candidateRing(index), candidates)]),
    ];
  });
  checked.sort((a, b) => a.ring - b.ring);
  return checked.length === 0 ? undefined : { program, vips: checked };
}

/** IPv6 addresses stand in brackets in a Host header (RFC 9110, section 7.2). */
function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
