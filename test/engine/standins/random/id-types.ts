import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { BridgedType } from "../provider/bridged";
import { bytes } from "./draw";
import { keepers } from "./keepers";

const idSchema = z.object({ byteLength: z.number().int().nonnegative(), prefix: z.string().default("") });

export const randomId: BridgedType = {
  inputs: { keepers, byteLength: { type: "number" }, prefix: { type: "string" } },
  makes: { b64Std: {}, b64Url: {}, dec: {}, hex: {} },
  make(values) {
    const { byteLength, prefix } = idSchema.parse(values);
    const content = bytes(byteLength);
    const id = content.toString("base64url");
    const hex = content.toString("hex");
    const outputs = {
      id,
      b64Url: prefix + id,
      b64Std: prefix + content.toString("base64"),
      hex: prefix + hex,
      dec: prefix + BigInt(`0x0${hex}`).toString(),
    };
    return Promise.resolve({ id, outputs });
  },
};

export const randomBytes: BridgedType = {
  inputs: { keepers, length: { type: "number" } },
  makes: { base64: { secret: true }, hex: { secret: true } },
  problems({ length }) {
    if (typeof length !== "number" || length >= 1) return [];
    const detail = `Attribute length value must be at least 1, got: ${String(length)}`;
    return [["length", "Invalid Attribute Value", detail]];
  },
  make({ length }) {
    const content = bytes(z.number().int().parse(length));
    const base64 = content.toString("base64");
    // The official provider also uses the secret itself as the id, which the state holds in clear.
    return Promise.resolve({ id: base64, outputs: { base64, hex: content.toString("hex") } });
  },
};

function uuidType(make: () => string): BridgedType {
  return {
    inputs: { keepers },
    makes: { result: {} },
    make() {
      const result = make();
      return Promise.resolve({ id: result, outputs: { id: result, result } });
    },
  };
}

/** Sixteen random bytes in the form of a UUID, without the marks of a version. */
export const randomUuid = uuidType(() => uuidOf(bytes(16)));

export const randomUuid4 = uuidType(() => randomUUID());

/** RFC 9562, section 5.7: 48 bits of Unix time in milliseconds, then random bits around version and variant. */
export const randomUuid7 = uuidType(() => {
  const content = bytes(16);
  content.writeUIntBE(Date.now(), 0, 6);
  content.writeUInt8((content.readUInt8(6) & 0x0f) | 0x70, 6);
  content.writeUInt8((content.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidOf(content);
});

function uuidOf(content: Buffer): string {
  const hex = content.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
