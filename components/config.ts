import {
  CONFIG_KEYS,
  CONFIG_NAMESPACE,
  ConfigError,
  isConfigKey,
  parseConfig,
  type PlatformConfig,
} from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";

/**
 * The typed config of the running stack. Throws a `RunError` (which the engine prints without a stack trace) with every
 * problem, or with one sentence when a secret lies where secrets do not belong.
 */
export function loadConfig(): PlatformConfig {
  const raw = rawConfig();
  const secrets = secretNames(raw.secrets);
  try {
    return parseConfig({ ...raw, secrets }, pulumi.getStack());
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** An entry of the encrypted key `secrets`, for instance a private key; secret from here on. Throws when there is none. */
export function requireSecret(name: string): pulumi.Output<string> {
  return new pulumi.Config(CONFIG_NAMESPACE)
    .requireSecretObject<Record<string, unknown>>("secrets")
    .apply((secrets) => {
      const value = secrets[name];
      if (typeof value === "string") return value;
      throw new pulumi.RunError(
        `The key secrets of stack ${pulumi.getStack()} has no text named ${name}; store it with: pulumi config set --secret --path secrets.${name}`,
      );
    });
}

/**
 * The project's keys as the engine hands them over: texts as they are, objects and lists as JSON. All keys are read, not
 * only the declared ones, because the engine does not refuse a key it does not know and the parser must.
 */
function rawConfig(): Record<string, unknown> {
  const config = new pulumi.Config(CONFIG_NAMESPACE);
  const prefix = `${CONFIG_NAMESPACE}:`;
  const keys = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  const encrypted = (encryptedKeys() ?? []).filter((key) => key !== "secrets");
  if (encrypted.length > 0) {
    throw new pulumi.RunError(
      `Stack ${pulumi.getStack()} has encrypted values under ${encrypted.join(", ")}; move them to entries of the key secrets and name them there.`,
    );
  }
  const isText = (key: string): boolean => !isConfigKey(key) || CONFIG_KEYS[key] === "string";
  return Object.fromEntries(
    keys.map((key): [string, unknown] => [key, isText(key) ? config.get(key) : config.getObject(key)]),
  );
}

function secretNames(secrets: unknown): string[] {
  const names = typeof secrets === "object" && secrets !== null ? Object.keys(secrets) : [];
  if (names.length > 0 && encryptedKeys()?.includes("secrets") === false) {
    throw new pulumi.RunError(
      `The key secrets of stack ${pulumi.getStack()} holds ${names.join(", ")} in clear; change these secrets, then store each with: pulumi config set --secret --path secrets.<name>`,
    );
  }
  return names;
}

/** The project's keys that hold an encrypted value, as the engine tells its language host; undefined without an engine (mocks). */
function encryptedKeys(): string[] | undefined {
  const list = process.env.PULUMI_CONFIG_SECRET_KEYS;
  if (list === undefined) return undefined;
  const prefix = `${CONFIG_NAMESPACE}:`;
  return (JSON.parse(list) as string[])
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}
