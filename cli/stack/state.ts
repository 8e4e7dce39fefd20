import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";

/** The name in Pulumi.yaml; part of every path of the file backend. */
export const PROJECT_NAME = "ebpf-platform";

/** Where a stack's state and passphrase come from. */
export interface StackState {
  /** The folder this project keeps backend and passphrase in; undefined when the user's own login is used. */
  folder?: string;
  /** Set when the backend is ours or named in the environment; else `pulumi login` decides. */
  backendUrl?: string;
  /** Set when the passphrase is ours. */
  passphraseFile?: string;
}

/** Where a `file://` backend keeps its files; undefined for any other backend. */
export function backendFolder(backendUrl: string | undefined): string | undefined {
  if (!backendUrl?.startsWith("file://")) return undefined;
  const url = new URL(backendUrl);
  url.search = "";
  return join(fileURLToPath(url), ".pulumi");
}

/** What `platform env` leaves in a shell, so that its own exports are not taken for the user's choice. */
export const ENV_STATE_FOLDER = "EBPF_PLATFORM_ENV_STATE";

const backendOf = (folder: string) => pathToFileURL(join(folder, "backend")).href;
const passphraseOf = (folder: string) => join(folder, "passphrase");

/**
 * Decides where a stack lives: EBPF_PLATFORM_STATE_DIR for any stack; else `.state/lab` for the lab; else what the
 * user logged in to. PULUMI_BACKEND_URL and a passphrase in the environment win over the lab's own, unless
 * `platform env` put them there.
 */
export function stateOf(stack: string, env: NodeJS.ProcessEnv, root: string = projectRoot()): StackState {
  const exported = env[ENV_STATE_FOLDER];
  const isOurs = (value: string | undefined, ours: (folder: string) => string) =>
    exported !== undefined && value === ours(exported);
  const isolated = env["EBPF_PLATFORM_STATE_DIR"];
  const userBackend = isOurs(env["PULUMI_BACKEND_URL"], backendOf) ? undefined : env["PULUMI_BACKEND_URL"];
  const userPassphrase =
    env["PULUMI_CONFIG_PASSPHRASE"] ??
    (isOurs(env["PULUMI_CONFIG_PASSPHRASE_FILE"], passphraseOf)
      ? undefined
      : env["PULUMI_CONFIG_PASSPHRASE_FILE"]);
  const ownPassphrase = (folder: string) =>
    userPassphrase === undefined ? { passphraseFile: passphraseOf(folder) } : {};
  if (isolated) {
    const folder = resolve(root, isolated);
    return { folder, backendUrl: backendOf(folder), passphraseFile: passphraseOf(folder) };
  }
  if (userBackend) return { backendUrl: userBackend };
  if (stack !== "lab") return {};
  const folder = join(root, ".state", "lab");
  return { folder, backendUrl: backendOf(folder), ...ownPassphrase(folder) };
}

/** The stacks that a folder's backend holds. */
export function stacksIn(folder: string): string[] {
  const stacks = join(folder, "backend", ".pulumi", "stacks", PROJECT_NAME);
  if (!existsSync(stacks)) return [];
  return readdirSync(stacks)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));
}

/** Makes folder, backend and passphrase of a stack whose state we keep. Tells whether the passphrase is new. */
export function createState(state: StackState): { newPassphrase: boolean } {
  if (state.folder === undefined) return { newPassphrase: false };
  mkdirSync(join(state.folder, "backend"), { recursive: true, mode: 0o700 });
  if (state.passphraseFile === undefined || existsSync(state.passphraseFile)) return { newPassphrase: false };
  const stacks = stacksIn(state.folder);
  if (stacks.length > 0) {
    throw new Failure(
      "usage",
      `${state.passphraseFile} is gone, but ${state.folder} still holds the stack ${stacks.join(", ")}, whose secrets ` +
        "cannot be read without it; put the file back or remove the folder after clearing the stack by hand.",
    );
  }
  writeFileSync(state.passphraseFile, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  return { newPassphrase: true };
}
