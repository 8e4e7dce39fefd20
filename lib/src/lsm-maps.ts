import type { BpfMode, LsmConfig, LsmConnectRule, LsmFileRule } from "./config/types";
import { parsePrefix } from "./prefix";

/**
 * The contents of the LSM programs' maps, as the files that `ebpf-loader map put` takes. Shapes and byte order are those
 * of bpf/include/lsm_maps.h, and test/bpf/lsm-maps.test.ts compares them with the compiled objects.
 */

/** As in bpf/include/lsm_maps.h. */
export const LSM_PATH = 128;
export const LSM_NAME = 92;
export const LSM_TYPE = 32;
export const LSM_DEPTH = 8;
export const LSM_MAX_RULES = 1024;

const MODES = { audit: 1, enforce: 2 } as const;
const LISTS = { deny: 0, allow: 1 } as const;
const RULE_ALLOW = 1;
const RULE_WRITE = 2;
const CGROUP_EXEMPT = 1;
const CGROUP_SCOPE = 2;
const CGROUP_PROTECTED = 4;

/**
 * The cgroups that no policy rules, whatever it says: the SSH daemon of Debian and of the others, with the sessions that
 * stay in its cgroup. Without them a wrong policy could not be taken back.
 */
export const ALWAYS_EXEMPT: readonly string[] = ["/system.slice/ssh.service", "/system.slice/sshd.service"];

/** Kinds of policies, each with the functions of its source `lsm_<kind>`; the first is called as the source is. */
export const LSM_FUNCTIONS = {
  exec: ["lsm_exec", "lsm_exec_map"],
  file: ["lsm_file"],
  connect: ["lsm_connect", "lsm_connect_send"],
  kill: ["lsm_kill"],
  mount: ["lsm_mount", "lsm_mount_move"],
} as const satisfies Record<LsmConfig["kind"], readonly string[]>;

/**
 * Encodes the rules of a policy: map name and contents in the order in which they must be written, the switch last. The
 * map `inodes` is a text that the node's loader resolves, because only the node knows its files' numbers.
 */
export function encodeLsmMaps(policy: LsmConfig, mode: BpfMode): ReadonlyMap<string, Buffer> {
  const { files, isProtected } = encodeRules(policy);
  return new Map<string, Buffer>([
    ["cgroups", encodeCgroups(policy, isProtected)],
    ...files,
    ["settings", encodeSettings(policy, mode)],
  ]);
}

interface EncodedRules {
  readonly files: readonly (readonly [string, Buffer])[];
  /** Rule numbers of cgroups whose processes are protected. */
  readonly isProtected: ReadonlyMap<string, number>;
}

function encodeRules(policy: LsmConfig): EncodedRules {
  const none = new Map<string, number>();
  switch (policy.kind) {
    case "exec": {
      const { files, digests } = policy;
      const rules = files.map((path): LsmFileRule => ({ path, access: "any" }));
      const digestRecords = digests.map((digest, index) =>
        Buffer.concat([Buffer.from(digest, "hex"), rule(files.length + index + 1)]),
      );
      return {
        files: [...encodeFiles(rules), ["digests", Buffer.concat(digestRecords)]],
        isProtected: none,
      };
    }
    case "file":
      return { files: encodeFiles(policy.files), isProtected: none };
    case "connect":
      return {
        files: [
          ["connect4", encodeConnect(policy.rules, 4)],
          ["connect6", encodeConnect(policy.rules, 6)],
        ],
        isProtected: none,
      };
    case "kill": {
      const { files, cgroups } = policy;
      const numbered = cgroups.map((path, index) => [path, files.length + index + 1] as const);
      return { files: [["inodes", inodeLines(files)]], isProtected: new Map(numbered) };
    }
    case "mount": {
      const { types, folders } = policy;
      const typeRecords = types.map((type, index) =>
        Buffer.concat([padded(type, LSM_TYPE), rule(index + 1)]),
      );
      return {
        files: [
          ["types", Buffer.concat(typeRecords)],
          ["inodes", inodeLines(folders, types.length)],
        ],
        isProtected: none,
      };
    }
  }
}

function encodeSettings(policy: LsmConfig, mode: BpfMode): Buffer {
  const bytes = Buffer.alloc(4 + 16);
  bytes.writeUInt32LE(MODES[mode], 4);
  bytes.writeUInt32LE("list" in policy ? LISTS[policy.list] : LISTS.deny, 8);
  bytes.writeUInt32LE(policy.scope.length > 0 ? 1 : 0, 12);
  return bytes;
}

function rule(number: number, flags = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(number, 0);
  bytes.writeUInt32LE(flags, 4);
  return bytes;
}

function encodeFiles(rules: readonly LsmFileRule[]): [string, Buffer][] {
  const flags = ({ access }: LsmFileRule) => (access === "write" ? RULE_WRITE : 0);
  const lines = rules.flatMap((one, index) =>
    one.path.endsWith("/") ? [] : [inodeLine(one.path, rule(index + 1, flags(one)))],
  );
  const paths = rules.map((one, index) => Buffer.concat([pathKey(one.path), rule(index + 1, flags(one))]));
  return [
    ["inodes", Buffer.from(lines.join(""))],
    ["paths", Buffer.concat(paths)],
  ];
}

/** Lines for files that are known by their inode alone. */
function inodeLines(paths: readonly string[], before = 0): Buffer {
  return Buffer.from(paths.map((path, index) => inodeLine(path, rule(before + index + 1))).join(""));
}

function inodeLine(path: string, value: Buffer): string {
  return `${value.toString("hex")} ${path}\n`;
}

/** A file is compared with its final NUL, a folder (with a slash at its end) without: all below it begins alike. */
function pathKey(path: string): Buffer {
  const length = Buffer.byteLength(path) + (path.endsWith("/") ? 0 : 1);
  const bits = Buffer.alloc(4);
  bits.writeUInt32LE(8 * length);
  return Buffer.concat([bits, padded(path, LSM_PATH)]);
}

/** A C string in a field; the longest has room for its NUL. */
function padded(text: string, size: number): Buffer {
  if (Buffer.byteLength(text) >= size)
    throw new RangeError(`"${text}" is longer than the ${size - 1} bytes that a rule can hold; shorten it.`);
  const bytes = Buffer.alloc(size);
  bytes.write(text);
  return bytes;
}

function encodeConnect(rules: readonly LsmConnectRule[], family: 4 | 6): Buffer {
  const records = rules.flatMap(({ to, port, action }, index) => {
    const prefix = parsePrefix(to);
    if (prefix.family !== family) return [];
    // A multiple of four bytes, like every struct with a 32-bit word.
    const key = Buffer.alloc((4 + 2 + prefix.bytes.length + 3) & ~3);
    key.writeUInt32LE(16 + prefix.length, 0);
    key.writeUInt16BE(port ?? 0, 4);
    prefix.bytes.copy(key, 6);
    return [Buffer.concat([key, rule(index + 1, action === "allow" ? RULE_ALLOW : 0)])];
  });
  return Buffer.concat(records);
}

interface CgroupNode {
  readonly parent: number;
  readonly name: string;
  readonly node: number;
  flags: number;
  rule: number;
}

/** The cgroups of a policy as a tree of names: the program walks it down from the root. */
function encodeCgroups(policy: LsmConfig, isProtected: ReadonlyMap<string, number>): Buffer {
  const nodes = new Map<string, CgroupNode>();
  const mark = (path: string, flag: number, number = 0): void => {
    let parent = 0;
    const names = path.split("/").slice(1);
    names.forEach((name, depth) => {
      const key = `/${names.slice(0, depth + 1).join("/")}`;
      const node = nodes.get(key) ?? { parent, name, node: nodes.size + 1, flags: 0, rule: 0 };
      nodes.set(key, node);
      parent = node.node;
      if (key !== path) return;
      node.flags |= flag;
      node.rule ||= number;
    });
  };
  for (const path of [...ALWAYS_EXEMPT, ...policy.exempt]) mark(path, CGROUP_EXEMPT);
  for (const path of policy.scope) mark(path, CGROUP_SCOPE);
  for (const [path, number] of isProtected) mark(path, CGROUP_PROTECTED, number);
  return Buffer.concat([...nodes.values()].map(encodeCgroup));
}

function encodeCgroup({ parent, name, node, flags, rule: number }: CgroupNode): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(parent);
  const value = Buffer.alloc(12);
  [node, flags, number].forEach((word, index) => value.writeUInt32LE(word, 4 * index));
  return Buffer.concat([head, padded(name, LSM_NAME), value]);
}
