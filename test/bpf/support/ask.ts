import type { LbVip } from "../../../lib/src/lb-maps";
import { ACK, frame, SYN, type FrameSpec } from "./frames";
import { backend4, CLIENT4 } from "./lb-world";
import { XDP, type BpfRunner } from "./runner";

/** The VIP of the tests about many flows, and three backends of equal weight. */
export const VIP = "198.18.0.100";
/** Client ports of 2000 flows. */
export const PORTS = Array.from({ length: 2000 }, (_, index) => 20_000 + index);

export function tcpVip(backends: LbVip["backends"], more: Partial<LbVip> = {}): LbVip {
  return { address: VIP, port: 80, protocol: "tcp", mode: "dsr-l2", backends, ...more };
}

export const three = [backend4(1), backend4(2), backend4(3)];

/** Which backend (by its MAC address) each client port is sent to; "pass" or "drop" where none. */
export async function ask(
  runner: BpfRunner,
  more: Partial<FrameSpec> = {},
  ports = PORTS,
): Promise<string[]> {
  const packets = ports.map((sport) => frame({ from: CLIENT4, to: VIP, sport, ...more }));
  const results = await runner.runAll(packets);
  return results.map(({ verdict, packet }) =>
    verdict === XDP.TX ? `b${packet[5]!}` : verdict === XDP.DROP ? "drop" : "pass",
  );
}

/** The part of the answers that is `name`. */
export function share(answers: readonly string[], name: string): number {
  return answers.filter((answer) => answer === name).length / answers.length;
}

/** Opens the flows and sends a packet on each, so that both flow tables hold them. */
export async function establish(runner: BpfRunner, more: Partial<FrameSpec> = {}): Promise<string[]> {
  await ask(runner, { ...more, flags: SYN });
  return ask(runner, { ...more, flags: ACK });
}
