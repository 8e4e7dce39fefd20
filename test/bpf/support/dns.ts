import { frame, UDP, word16, type FrameSpec } from "./frames";

export interface DnsSpec {
  readonly questions?: number;
  readonly response?: boolean;
  /** The name's bytes, instead of the labels. */
  readonly name?: Buffer;
}

/** A query over UDP for a name of these labels, in a frame. */
export function query(ip: FrameSpec, labels: readonly string[], spec: DnsSpec = {}): Buffer {
  const name =
    spec.name ??
    Buffer.concat([
      ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
      Buffer.from([0]),
    ]);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x4242, 0);
  header.writeUInt16BE(spec.response ? 0x8180 : 0x0100, 2);
  header.writeUInt16BE(spec.questions ?? 1, 4);
  // Type A, class IN.
  const data = Buffer.concat([header, name, word16(1), word16(1)]);
  return frame({ ...ip, proto: UDP, dport: ip.dport ?? 53, data });
}
