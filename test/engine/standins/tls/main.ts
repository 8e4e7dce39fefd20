import { bridgedKind, type BridgedType } from "../provider/bridged";
import { serve } from "../provider/server";
import { certRequest, locallySignedCert, selfSignedCert } from "./certificate-types";
import { privateKey } from "./private-key";

const TYPES: Record<string, BridgedType> = {
  CertRequest: certRequest,
  LocallySignedCert: locallySignedCert,
  PrivateKey: privateKey,
  SelfSignedCert: selfSignedCert,
};

void serve({
  name: "tls",
  version: "5.6.1",
  kind(token) {
    const type = TYPES[token.split(":").at(-1) ?? ""];
    return type && bridgedKind(type);
  },
});
