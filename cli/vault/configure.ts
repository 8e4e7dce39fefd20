import { readFileSync } from "node:fs";
import { differences, type DesiredVault, type VaultMount, type VaultObject } from "@ebpf-platform/lib/vault";
import { Failure, messageOf } from "../failure";
import type { VaultAnswer, VaultApi } from "./api";

const FOLDERS = { secrets: "sys/mounts", auth: "sys/auth", audit: "sys/audit" } as const;

/**
 * Makes Vault what it should be and returns the paths that it wrote, in order; none in a second run. With `dry` it only
 * says which it would.
 */
export async function configure(vault: VaultApi, desired: DesiredVault, dry = false): Promise<string[]> {
  const written: string[] = [];
  const missing = new Set<string>();
  for (const mount of desired.mounts) {
    if (!(await ensureMount(vault, mount, dry))) continue;
    written.push(`${FOLDERS[mount.kind]}/${mount.path}`);
    missing.add(mount.kind === "auth" ? `auth/${mount.path}/` : `${mount.path}/`);
  }
  for (const object of desired.objects) {
    // In a dry run an engine that is not there cannot be asked what it has.
    const unborn = dry && [...missing].some((prefix) => object.path.startsWith(prefix));
    if (unborn || (await ensureObject(vault, object, dry))) written.push(object.path);
  }
  return written;
}

async function ensureMount(vault: VaultApi, mount: VaultMount, dry: boolean): Promise<boolean> {
  const folder = FOLDERS[mount.kind];
  const all = dataOf(await vault.read(folder));
  const found = all?.[`${mount.path}/`] as { type?: unknown; options?: unknown } | undefined;
  if (found === undefined) {
    if (!dry) await vault.write(`${folder}/${mount.path}`, mountBody(mount));
    return true;
  }
  if (found.type !== mount.type)
    throw new Failure(
      "failed",
      `Vault ${vault.server.name} has ${String(found.type)} at ${folder}/${mount.path} where ${mount.type} belongs; move it away first.`,
    );
  const other = differences(mount.options ?? {}, (found.options ?? {}) as Record<string, unknown>);
  if (other.length > 0)
    throw new Failure(
      "failed",
      `Vault ${vault.server.name} has another ${other.join(", ")} at ${folder}/${mount.path}; change it by hand, its data may depend on it.`,
    );
  return false;
}

function mountBody({ type, options, maxLeaseSeconds }: VaultMount): object {
  return {
    type,
    ...(options && { options }),
    ...(maxLeaseSeconds !== undefined && { config: { max_lease_ttl: `${String(maxLeaseSeconds)}s` } }),
  };
}

async function ensureObject(vault: VaultApi, object: VaultObject, dry: boolean): Promise<boolean> {
  if (!(await mustWrite(vault, object))) return false;
  if (dry) return true;
  const { key, file } = object.secretFile ?? {};
  const secret = key === undefined || file === undefined ? {} : { [key]: readSecret(file) };
  await vault.write(object.path, { ...object.want, ...secret });
  return true;
}

async function mustWrite(
  vault: VaultApi,
  { path, want, inside, once, listAt }: VaultObject,
): Promise<boolean> {
  if (listAt !== undefined) {
    const keys = dataOf(await vault.list(listAt))?.["keys"];
    return !(Array.isArray(keys) && keys.length > 0);
  }
  const have = dataOf(await vault.read(path));
  if (have === undefined) return true;
  if (once) return false;
  const table = (inside && (have[inside.key] as Record<string, unknown> | undefined)) ?? {};
  // Vault never gives this one back: it only says how the write is checked.
  const { verify_connection: _, ...comparable } = want;
  return differences(comparable, { ...have, ...table }).length > 0;
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\n$/, "");
  } catch (error) {
    throw new Failure("usage", `A password cannot be read: ${messageOf(error)}.`);
  }
}

function dataOf(answer: VaultAnswer): Readonly<Record<string, unknown>> | undefined {
  return answer?.["data"] as Readonly<Record<string, unknown>> | undefined;
}
