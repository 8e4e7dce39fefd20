import { bridgedKind, type BridgedType } from "../provider/bridged";
import { serve } from "../provider/server";
import { privateKey } from "./private-key";

const TYPES: Record<string, BridgedType> = {
  PrivateKey: privateKey,
};

void serve({
  name: "tls",
  version: "5.6.1",
  kind(token) {
    const type = TYPES[token.split(":").at(-1) ?? ""];
    return type && bridgedKind(type);
  },
});
