import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LabStack } from "./lab-stack.js";

export interface Exposures {
  /** What the values are and where they were looked for. */
  readonly searched: readonly string[];
  /** Where one of them stands in clear. */
  readonly exposed: readonly string[];
}

/** Searches for the stack's real secrets, not for patterns: its private keys and its passphrase. */
export async function exposures(lab: LabStack, nodes: readonly string[]): Promise<Exposures> {
  const secrets = await realSecrets(lab);
  const exposed: string[] = [];
  const look = (place: string, text: string): void => {
    for (const [name, value] of secrets) if (text.includes(value)) exposed.push(`${name} in ${place}`);
  };
  look("stack export", (await lab.pulumiOk("stack export")).stdout);
  look("stack output", (await lab.pulumiOk("stack output --json")).stdout);
  look("the history", (await lab.pulumiOk("stack history --json")).stdout);
  const up = await lab.platformOk("up");
  look("the output of up", up.stdout + up.stderr);
  look("process arguments and environments", processTexts());
  for (const file of filesOthersCanRead(lab.copy.root)) look(file, readFileSync(file, "latin1"));
  for (const node of nodes) {
    look(`the journal of ${node}`, lab.onNode(node, "journalctl --no-pager --output=cat"));
    look(
      `files of ${node} that others can read`,
      lab.onNode(
        node,
        "find /etc /root /run /tmp /var /usr/local -xdev -type f -perm /044 -size -1M -exec cat {} + 2>/dev/null | tr -d '\\000'",
      ),
    );
  }
  return {
    searched: [...secrets.keys()],
    exposed,
  };
}

/** Distinctive lines: a PEM or OpenSSH file may be wrapped or quoted anywhere, a line of its body stays together. */
async function realSecrets(lab: LabStack): Promise<Map<string, string>> {
  const passphrase = readFileSync(join(lab.copy.stateDir, "passphrase"), "utf8").trim();
  const { stdout } = await lab.pulumiOk("stack export --show-secrets");
  const secrets = new Map([["passphrase", passphrase]]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { urn: string; type: string; outputs?: Record<string, unknown> }[] };
  };
  for (const { urn, type, outputs } of deployment.resources) {
    if (type !== "tls:index/privateKey:PrivateKey") continue;
    for (const [field, value] of Object.entries(outputs ?? {})) {
      if (!field.startsWith("private")) continue;
      const text = plaintext(value);
      const line = text.split("\n").find((one) => one.length > 40 && !one.includes("-----"));
      if (line !== undefined) secrets.set(`${urn.split("::").at(-1) ?? urn} ${field}`, line);
    }
  }
  if (secrets.size < 3) throw new Error("The stack's private keys were not found in its export.");
  return secrets;
}

function plaintext(value: unknown): string {
  if (typeof value === "string") return value;
  const secret = (value as { plaintext?: string } | null)?.plaintext;
  return secret === undefined ? "" : (JSON.parse(secret) as string);
}

function processTexts(): string {
  const texts = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return texts
    .flatMap((pid) => ["cmdline", "environ"].map((file) => `/proc/${pid}/${file}`))
    .map((file) => {
      try {
        return readFileSync(file, "latin1");
      } catch (error) {
        // The process has ended, or is a zombie, which has no memory to read from.
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return "";
        throw error;
      }
    })
    .join("\n");
}

/** Files below a folder, except packages, that somebody else than their owner may read. */
function filesOthersCanRead(folder: string): string[] {
  const listed = execFileSync(
    "find",
    [
      folder,
      "-name",
      "node_modules",
      "-prune",
      "-o",
      "-type",
      "f",
      "-perm",
      "/044",
      "-size",
      "-4M",
      "-print",
    ],
    { encoding: "utf8", maxBuffer: 64 << 20 },
  );
  return listed.split("\n").filter((file) => file !== "" && statSync(file).isFile());
}
