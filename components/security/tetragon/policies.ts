import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** What a tracing policy stops: one call of the kernel, under the conditions of its selector. */
interface Threat {
  readonly name: string;
  /** What is said of a hit. */
  readonly message: string;
  /** LSM hook, and the function that calls all of them, where kprobes are used. */
  readonly hook: string;
  readonly call: string;
  readonly args: readonly { readonly index: number; readonly type: string }[];
  readonly selector: Readonly<Record<string, unknown>>;
  /** The function is younger than the oldest kernel of a release: without it the policy is loaded and finds nothing. */
  readonly mayBeMissing?: true;
  /** Pods it holds for. Default all; never the host, whose sshd and login must live. */
  readonly pods?: Readonly<Record<string, unknown>>;
}

const file = { index: 0, type: "file" };
const mask = { index: 1, type: "int" };
/** MAY_WRITE of include/linux/fs.h. */
const writes = { index: 1, operator: "Mask", values: ["2"] };
/** READING_MODULE of enum kernel_read_file_id, include/linux/kernel_read_file.h. */
const aModule = { index: 1, operator: "Equal", values: ["2"] };
/** Cilium's agent loads the modules that its features need. */
const notCilium = {
  matchExpressions: [{ key: "app.kubernetes.io/part-of", operator: "NotIn", values: ["cilium"] }],
};

/** Paths are matched as they are opened: hard links and other mounts of the same file pass. */
const threats: readonly Threat[] = [
  {
    name: "shadow-file",
    message: "A pod opened a file of password hashes",
    hook: "file_open",
    call: "security_file_open",
    args: [file],
    selector: {
      matchArgs: [{ index: 0, operator: "Equal", values: ["/etc/shadow", "/etc/gshadow"] }],
    },
  },
  {
    name: "passwd-write",
    message: "A pod wrote to the list of users",
    hook: "file_permission",
    call: "security_file_permission",
    args: [file, mask],
    selector: {
      matchArgs: [{ index: 0, operator: "Equal", values: ["/etc/passwd", "/etc/group"] }, writes],
    },
  },
  {
    name: "cgroup-release-agent",
    message: "A pod wrote a program that the kernel would run on the host",
    hook: "file_permission",
    call: "security_file_permission",
    args: [file, mask],
    selector: { matchArgs: [{ index: 0, operator: "Postfix", values: ["/release_agent"] }, writes] },
  },
  {
    name: "kernel-module",
    message: "A pod loaded a kernel module",
    hook: "kernel_read_file",
    call: "security_kernel_read_file",
    args: [file, mask],
    selector: { matchArgs: [aModule] },
    pods: notCilium,
  },
  {
    name: "user-namespace",
    message: "A pod without the right to it made a user namespace",
    hook: "userns_create",
    // Linux 6.1.
    call: "security_create_user_ns",
    mayBeMissing: true,
    args: [],
    selector: {
      matchCapabilities: [
        { type: "Effective", operator: "NotIn", isNamespaceCapability: false, values: ["CAP_SYS_ADMIN"] },
      ],
    },
  },
];

/** A TracingPolicy, ready to be made. */
export interface TracingPolicy {
  readonly apiVersion: "cilium.io/v1alpha1";
  readonly kind: "TracingPolicy";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The policies of a stack: in `audit` they report what they would refuse, in `enforce` the call fails with EPERM. */
export function tracingPolicies({ platform, tetragon }: PlatformConfig): TracingPolicy[] {
  if (platform.tetragon === "off") return [];
  const mode = platform.tetragon === "enforce" ? "enforce" : "monitor";
  return threats.map(({ name, message, hook, call, args, selector, mayBeMissing, pods = {} }) => {
    const common = {
      message,
      args,
      // The call fails and nothing dies: a kill alone may come after the write.
      selectors: [{ ...selector, matchActions: [{ action: "Override", argError: -1 }] }],
    };
    const lsm = tetragon.hooks === "lsm";
    return {
      apiVersion: "cilium.io/v1alpha1",
      kind: "TracingPolicy",
      metadata: { name },
      spec: {
        podSelector: pods,
        options: [
          { name: "policy-mode", value: mode },
          // Tetragon refuses Override of security_ functions together with multi-kprobes.
          ...(lsm ? [] : [{ name: "disable-kprobe-multi", value: "1" }]),
        ],
        ...(lsm
          ? { lsmhooks: [{ hook, ...common }] }
          : {
              kprobes: [
                { call, syscall: false, ...(mayBeMissing && { ignore: { callNotFound: true } }), ...common },
              ],
            }),
      },
    };
  });
}
