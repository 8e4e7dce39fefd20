import * as z from "zod";
import { MAX_DENIED } from "../guard-maps";
import { isCIdentifier, isHostLabel, isInterfaceName, isMapName } from "../names";
import { isLabelKey, parseTaint } from "../k3s/labels";
import { prefixFault } from "../prefix";
import { connectionSchema, secretName } from "./connection-schema";
import { chooseKey, closed, flag, ipv4, network, oneOf, table, text, whole } from "./fields";
import {
  DRIVERS,
  HEALTH_CHECKS,
  MAP_POLICIES,
  ROLES,
  SERVICES,
  STAGES,
  TARGET_HOOKS,
  TC_DIRECTIONS,
  VIP_MODES,
  XDP_MODES,
  type ReleaseReference,
  type TargetHook,
} from "./types";
import { vmKeys } from "./vm-schema";

export { sshSchema } from "./connection-schema";
export { hypervisorSchema } from "./vm-schema";

/** The shape of each part of the config. What one part says about another is checked in the files beside this one. */

const list = (rule: string) => ({ error: rule });

const nodeName = text(
  "write an RFC 1123 label: lower-case letters, digits and inner hyphens, at most 63 characters",
  isHostLabel,
);
export const nodeReference = text("write the name of a node", isHostLabel);
export const interfaceName = text(
  "write an interface name of 1 to 15 characters without spaces, slashes or colons",
  isInterfaceName,
);
export const slot = whole(0, 7, "the slot");
export const stageSchema = oneOf(STAGES);

const releaseRule =
  "write workspace (lab and dev only) or <year.month.patch>@sha256:<64 hex digits of the lock file's SHA-256>";
const releasePattern = /^([0-9]{4}\.(?:[1-9]|1[0-2])\.(?:0|[1-9][0-9]*))@sha256:([0-9a-f]{64})$/;

/** `workspace`, or version and identity of a lock in one text, as image references have them. */
export const releaseSchema = text(
  releaseRule,
  (value) => value === "workspace" || releasePattern.test(value),
).transform((value): ReleaseReference => {
  const match = releasePattern.exec(value);
  return match ? { version: match[1] ?? "", sha256: match[2] ?? "" } : "workspace";
});

export const networkSchema = closed({
  cidr: network(16, 29),
  bridge: z.exactOptional(interfaceName),
  vipCidrs: z.array(network(8, 32), list("write a list of IPv4 networks")).default([]),
});

const nodeShape = {
  name: nodeName,
  role: oneOf(ROLES),
  address: ipv4("the node's address"),
  services: z.array(oneOf(SERVICES), list("write a list of services")).default([]),
  labels: table(
    "name a label like example.com/rack",
    isLabelKey,
    text("write at most 63 letters, digits, -, _ and .", (value) =>
      /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value),
    ),
  ).default({}),
  taints: z
    .array(
      text(
        "write a taint as key=value:NoSchedule (or PreferNoSchedule, NoExecute)",
        (value) => parseTaint(value) !== undefined,
      ),
      list("write a list of taints"),
    )
    .default([]),
};
const vmShape = { ...nodeShape, ...vmKeys };
export const nodeSchema = z.discriminatedUnion(
  "driver",
  [
    closed({ driver: z.literal("nspawn"), ...nodeShape }),
    closed({ driver: z.literal("existing"), ...nodeShape, connection: connectionSchema }),
    closed({ driver: z.literal("libvirt"), ...vmShape }),
    closed({ driver: z.literal("multipass"), ...vmShape }),
  ],
  {
    error: ({ input }) =>
      chooseKey(input, "driver", DRIVERS, "write an object with name, role, driver and address"),
  },
);
/** What can be said of a node whose driver is unknown. */
export const driverlessNodeSchema = z.looseObject(nodeShape);

const metricsSchema = closed({
  folder: text("write the path of a folder on the nodes, like /var/lib/prometheus/node-exporter", (value) =>
    /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(value),
  ).default("/var/lib/prometheus/node-exporter"),
  intervalSeconds: whole(5, 3600, "the seconds").default(15),
  measureSeconds: whole(0, 60, "the seconds").default(0),
}).refine(({ intervalSeconds, measureSeconds }) => measureSeconds < intervalSeconds, {
  path: ["measureSeconds"],
  error: "write fewer seconds than intervalSeconds",
});

/** The part of `bpf` beside its programs and guards, which are parsed one by one. */
export const bpfSchema = closed({
  build: oneOf(["once", "node"]).default("once"),
  mode: oneOf(["audit", "enforce"]).default("audit"),
  programs: z.array(z.unknown(), list("write a list of programs")).default([]),
  guards: z.array(z.unknown(), list("write a list of guards")).default([]),
  metrics: z.exactOptional(metricsSchema),
  lsm: z.array(z.unknown(), list("write a list of LSM policies")).default([]),
});

/** What a target looks like, by hook. */
const targets: Readonly<Record<TargetHook, { rule: string; pattern: RegExp }>> = {
  tracepoint: {
    rule: "write a tracepoint as category/name, like sched/sched_switch",
    pattern: /^[A-Za-z0-9_]+\/[A-Za-z0-9_]+$/,
  },
  raw_tp: {
    rule: "write a tracepoint's name without its category, like sys_enter",
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  },
  kprobe: {
    rule: "write a function of the kernel, like tcp_v4_connect",
    pattern: /^[A-Za-z_][A-Za-z0-9_.]*$/,
  },
  uprobe: {
    rule: "write a function of a program on the node as /path/of/binary:symbol",
    pattern: /^\/[^\s:]+:[A-Za-z_][\w.]*$/,
  },
  cgroup: cgroupTarget(),
  sock_ops: cgroupTarget(),
};

function cgroupTarget() {
  return {
    rule: "write the path of a cgroup on the node, like /sys/fs/cgroup/system.slice",
    pattern: /^\/(?!.*\/\.\.?(\/|$))[^\s]+$/,
  };
}

const HOOKS = ["xdp", "tc", ...TARGET_HOOKS] as const;
const attachSchema = z.discriminatedUnion(
  "hook",
  [
    closed({
      hook: z.literal("xdp"),
      interface: interfaceName,
      slot,
      mode: oneOf(XDP_MODES).default("native"),
    }),
    closed({
      hook: z.literal("tc"),
      interface: interfaceName,
      direction: oneOf(TC_DIRECTIONS).default("ingress"),
    }),
    ...TARGET_HOOKS.map(targetAttach),
  ],
  { error: ({ input }) => chooseKey(input, "hook", HOOKS, "write an object with the key hook") },
);

function targetAttach(hook: TargetHook) {
  const { rule, pattern } = targets[hook];
  return closed({ hook: z.literal(hook), target: text(rule, (value) => pattern.test(value)) });
}
export const programName = text(
  "write lower-case letters, digits, - and _, at most 63 characters, a letter first",
  (value) => /^[a-z][a-z0-9_-]{0,62}$/.test(value),
);
export const sourceName = text(
  "write the name of a file bpf/<source>.bpf.c: lower-case letters, digits and _",
  (value) => /^[a-z][a-z0-9_]{0,62}$/.test(value),
);
export const programSchema = closed({
  name: programName,
  source: sourceName,
  node: nodeReference,
  attach: attachSchema,
  function: z.exactOptional(text("write a function of the source by its C identifier", isCIdentifier)),
  constants: table(
    "name a constant of the source by its C identifier",
    isCIdentifier,
    whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, "the constant"),
  ).default({}),
  maps: table(
    "name a map of the source by its C identifier of at most 15 characters",
    isMapName,
    oneOf(MAP_POLICIES),
  ).default({}),
  takeover: flag().default(false),
  healthSeconds: whole(0, 300, "the seconds").default(5),
});

export const guardSchema = closed({
  name: programName,
  node: nodeReference,
  attach: closed({ interface: interfaceName, slot, mode: oneOf(XDP_MODES).default("native") }),
  deny: z
    .array(deniedNetwork(), list("write a list of IPv4 and IPv6 networks"))
    .max(MAX_DENIED, { error: `list at most ${String(MAX_DENIED)} networks; join neighbours` })
    .default([]),
  sourceRate: z.exactOptional(whole(1, 100_000_000, "the packets per second")),
  dns: z.exactOptional(
    closed({
      labelMax: z.exactOptional(whole(1, 62, "the longest label")),
      rate: z.exactOptional(whole(1, 1_000_000, "the queries per second")),
    }),
  ),
  sample: whole(0, 1_000_000, "the sample").default(100),
});

/** A network of a drop list; one that holds every address would cut the node off. */
function deniedNetwork() {
  return z
    .string({ error: "write a network like 203.0.113.0/24 or 2001:db8::/32" })
    .superRefine((value, context) => {
      const fault = prefixFault(value);
      if (fault !== undefined) context.addIssue(`it ${fault}`);
      else if (value.endsWith("/0"))
        context.addIssue("it holds every address; name the networks that are meant");
    });
}

/** The part of `loadBalancer` beside its VIPs, which are parsed one by one. */
export const loadBalancerSchema = closed({
  node: nodeReference,
  interface: interfaceName,
  slot,
  vips: z
    .array(z.unknown(), list("write a list of VIPs"))
    .min(1, { error: "declare at least one VIP, or remove the key loadBalancer" }),
});
/** Of one VIP. Which keys belong to which check is a rule between keys (check-load-balancer.ts). */
const healthSchema = closed({
  check: oneOf(HEALTH_CHECKS),
  port: whole(1, 65535, "the port that is checked").optional(),
  path: text("write the path of a URL: a / and then characters without blanks", (value) =>
    /^\/[\x21-\x7e]{0,254}$/.test(value),
  ).optional(),
  host: text("write a host name, with a port where it has one", (value) =>
    /^[\w.:[\]-]{1,253}$/.test(value),
  ).optional(),
  intervalMs: whole(100, 60_000, "the milliseconds").default(1000),
  timeoutMs: whole(10, 60_000, "the milliseconds").default(500),
  rise: whole(1, 100, "the number of good answers").default(2),
  fall: whole(1, 100, "the number of bad answers").default(3),
});
export const vipSchema = closed({
  address: ipv4("the VIP"),
  port: whole(1, 65535, "the port"),
  protocol: oneOf(["tcp", "udp"]),
  mode: oneOf(VIP_MODES).default("dsr-l2"),
  backendPort: whole(1, 65535, "the port").optional(),
  health: healthSchema.optional(),
  backends: z
    .array(
      closed({
        node: nodeReference,
        weight: whole(0, 256, "the weight").default(1),
        candidate: flag().default(false),
        address: ipv4("the candidate's address").optional(),
      }),
      list("write a list of backends"),
    )
    .min(1, { error: "name at least one backend" }),
});

export { clusterSchema } from "./schema-cluster";

export const platformSchema = closed({
  tetragon: oneOf(["off", "audit", "enforce"]).default("off"),
  falco: oneOf(["off", "rules", "alerts"]).default("off"),
  networkPolicy: oneOf(["off", "default-deny"]).default("off"),
  wireguard: flag().default(false),
  vault: oneOf(["off", "dev", "ha"]).default("off"),
  vaultInjection: flag().default(false),
  observability: oneOf(["off", "metrics", "full"]).default("off"),
  gatekeeper: oneOf(["off", "audit", "enforce"]).default("off"),
  externalSecrets: flag().default(false),
  argocd: flag().default(false),
});

/** Names of the entries of the encrypted key; the values never come here. */
export const secretsSchema = z
  .array(secretName, list("store secrets with: pulumi config set --secret --path secrets.<name>"))
  .default([]);
