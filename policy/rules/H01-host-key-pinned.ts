import { connectionsOf } from "../commands";
import type { ResourceFacts } from "../facts";
import type { Value } from "../field";
import { type Finding, type Rule, must } from "../rule";

const keyTypes = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];

/** An authorized_keys line: the type, and a blob that begins with the same type (RFC 4253, section 6.6). */
function isPinnableKey(value: Value | undefined): boolean {
  if (typeof value !== "string") return false;
  const [type = "", blob = ""] = value.trim().split(/\s+/);
  if (!keyTypes.includes(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false;
  const bytes = Buffer.from(blob, "base64");
  return (
    bytes.length > 4 + type.length &&
    bytes.readUInt32BE(0) === type.length &&
    bytes.toString("latin1", 4, 4 + type.length) === type
  );
}

/** One host answers with one key; a second one means that a connection is pinned to something else. */
function oneKeyPerHost(resources: readonly ResourceFacts[]): readonly Finding[] {
  const keys = new Map<string, { key: string; urn: string }>();
  const findings: Finding[] = [];
  for (const resource of resources) {
    for (const connection of connectionsOf(resource)) {
      const host = connection.at("host").text;
      const field = connection.at("hostKey");
      const key = field.text?.trim().split(/\s+/).slice(0, 2).join(" ");
      if (host === undefined || key === undefined) continue;
      const port = connection.at("port").value;
      const address = `${host}:${typeof port === "number" ? port : 22}`;
      const first = keys.get(address);
      if (first === undefined) keys.set(address, { key, urn: resource.urn });
      else if (first.key !== key) {
        const message = `pins another host key for ${address} than ${first.urn} does`;
        findings.push({ path: field.path, message, urn: resource.urn });
      }
    }
  }
  return findings;
}

export const rule: Rule = {
  id: "H01",
  name: "host-key-pinned",
  severity: "critical",
  what: "Every SSH connection, and every hop of it, pins an ed25519 or ECDSA host key; one key per host.",
  why: "Without hostKey the provider accepts any key, so whoever answers gets the commands and their secrets. A pinned RSA key never works: the provider offers only ssh-rsa with SHA-1.",
  remediation:
    "Take the connection from the Machine, which pins the key it made; for existing machines set hostKey to the line of /etc/ssh/ssh_host_ed25519_key.pub.",
  url: "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#connection",
  frameworks: { owasp: ["K09"], attack: ["T1557"] },
  level: "mandatory",
  resource: (resource) =>
    connectionsOf(resource).flatMap((connection) =>
      must(connection.at("hostKey"), isPinnableKey, "must be an ssh-ed25519 or ecdsa-sha2 public key line"),
    ),
  stack: oneKeyPerHost,
};
