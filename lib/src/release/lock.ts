import { createHash } from "node:crypto";
import * as z from "zod";
import { ProblemList } from "../config/draft";
import { closed, table, text } from "../config/fields";
import { problemLine } from "../config/problem";
import { deepFreeze } from "../deep-freeze";

/** A SHA-256 (64 lower-case hex digits) of bytes that were in hand, or null and why they were not. */
export type Digest = { readonly sha256: string } | { readonly sha256: null; readonly reason: string };

export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** A write-once set of everything a stack runs. */
export interface ReleaseLock {
  readonly schema: 1;
  /** Calendar version, `year.month.patch`: the file's name. */
  readonly version: string;
  /** Git commit of program and policy, 40 hex digits; the lock itself is committed after it. */
  readonly commit: string;
  readonly tools: {
    /** Version of the Pulumi CLI. */
    readonly pulumi: string;
    /** Version of each provider plugin, by its name. */
    readonly plugins: Readonly<Record<string, string>>;
    /** `package-lock.json`: every npm package with its hash. */
    readonly packages: Digest;
  };
  readonly k3s: {
    readonly version: string;
    /** The `k3s` binary of each architecture. */
    readonly binaries: Readonly<Record<Architecture, Digest>>;
  };
  /** Charts by name. */
  readonly charts: Readonly<Record<string, ChartLock>>;
  /** Image references and the digests of their manifests. */
  readonly images: Readonly<Record<string, Digest>>;
  readonly bpf: {
    /** First line of `clang --version`. */
    readonly compiler: string;
    /** BTF of the kernel on which vmlinux.h was made: objects from other BTF have other bytes. */
    readonly btf: Digest;
    /** Programs by their source, `bpf/<name>.bpf.c`. */
    readonly programs: Readonly<Record<string, BpfProgramLock>>;
  };
  /** The gate files of a rollout. */
  readonly gates: Digest;
  readonly kernel: {
    /** Oldest kernel of a node, `major.minor`. */
    readonly minimum: string;
  };
  /** Versions from which a stack may move to this one. */
  readonly upgradeFrom: readonly string[];
}

export interface ChartLock {
  readonly version: string;
  /** Helm repository (https) or registry (oci). */
  readonly repository: string;
  /** The chart's `.tgz`. */
  readonly archive: Digest;
  /** The chart's own `values.yaml`: the defaults that our values stand on. */
  readonly values: Digest;
}

export interface BpfProgramLock {
  /** The source and every header of the project it includes (see `sourceDigest`). */
  readonly source: Digest;
  /** The object's bytes. */
  readonly object: Digest;
}

const hex = (digits: number) => new RegExp(`^[0-9a-f]{${String(digits)}}$`);
const words = (rule: string) => text(rule, (value) => value.trim() !== "");
const releaseName = text("write a calendar version like 2026.11.0", (value) => isReleaseVersion(value));
const toolVersion = text("write a version like 1.2.3", (value) =>
  /^v?[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$/.test(value),
);
const anyName = (value: string): boolean => value !== "";

const digest: z.ZodType<Digest> = z.union(
  [
    closed({ sha256: text("write 64 hex digits", (value) => hex(64).test(value)) }),
    closed({ sha256: z.null(), reason: words("say why the bytes were not in hand") }),
  ],
  { error: "write sha256 as 64 hex digits, or null with a reason" },
);
const lockSchema: z.ZodType<ReleaseLock> = closed({
  schema: z.literal(1, { error: "write 1; a newer schema needs a newer program" }),
  version: releaseName,
  commit: text("write the full commit hash, 40 hex digits", (value) => hex(40).test(value)),
  tools: closed({
    pulumi: toolVersion,
    plugins: table("name a plugin", anyName, toolVersion),
    packages: digest,
  }),
  k3s: closed({ version: toolVersion, binaries: closed({ amd64: digest, arm64: digest }) }),
  charts: table(
    "name a chart",
    anyName,
    closed({
      version: toolVersion,
      repository: text("write an https:// or oci:// address", (value) => /^(https|oci):\/\//.test(value)),
      archive: digest,
      values: digest,
    }),
  ),
  images: table("name an image", anyName, digest),
  bpf: closed({
    compiler: words("write the compiler's name and version"),
    btf: digest,
    programs: table(
      "name a BPF source",
      (name) => /^[a-z][a-z0-9_]*$/.test(name),
      closed({ source: digest, object: digest }),
    ),
  }),
  gates: digest,
  kernel: closed({
    minimum: text("write a kernel version like 5.15", (value) => /^[0-9]+\.[0-9]+$/.test(value)),
  }),
  upgradeFrom: z.array(releaseName, { error: "write a list of versions" }),
});

/** Whether a text is a calendar version: year, month 1 to 12, patch, without leading zeros. */
export function isReleaseVersion(value: string): boolean {
  return /^[0-9]{4}\.([1-9]|1[0-2])\.(0|[1-9][0-9]*)$/.test(value);
}

/** The identity of a lock: the SHA-256 of its file's bytes. */
export function releaseIdentity(lockText: string): string {
  return createHash("sha256").update(lockText).digest("hex");
}

/** The one spelling of a lock: JSON with sorted keys, two spaces, a final newline. */
export function renderRelease(lock: ReleaseLock): string {
  const sorted = (_key: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return `${JSON.stringify(lock, sorted, 2)}\n`;
}

/** The lock in a text, frozen. Throws one error with every fault; another spelling than `renderRelease`'s is one. */
export function parseRelease(lockText: string): ReleaseLock {
  let content: unknown;
  try {
    content = JSON.parse(lockText);
  } catch (error) {
    throw new Error(`The release lock is no JSON (${String(error)}); restore it from git.`, { cause: error });
  }
  const list = new ProblemList();
  const lock = list.read(lockSchema, content, []);
  if (!lock) {
    throw new Error(
      `The release lock is damaged; restore it from git:\n${list.problems.map((each) => `  - ${problemLine(each)}`).join("\n")}`,
    );
  }
  if (renderRelease(lock) !== lockText) {
    throw new Error(
      `The release lock ${lock.version} is not spelled as \`platform release create\` writes it; restore it from git.`,
    );
  }
  return deepFreeze(lock);
}

/** Every digest that is null, as `path: reason`, sorted. */
export function missingDigests(lock: ReleaseLock): string[] {
  const walk = (value: unknown, path: string): string[] => {
    if (typeof value !== "object" || value === null) return [];
    if ("sha256" in value && value.sha256 === null)
      return [`${path}: ${"reason" in value ? String(value.reason) : ""}`];
    return Object.entries(value).flatMap(([key, inner]) => walk(inner, path === "" ? key : `${path}.${key}`));
  };
  return walk(lock, "").sort();
}
