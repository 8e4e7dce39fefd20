import { deepFreeze } from "../deep-freeze";
import { checkBpf } from "./check-bpf";
import { checkCluster } from "./check-cluster";
import { checkLoadBalancer } from "./check-load-balancer";
import { checkLsm } from "./check-lsm";
import { checkNetwork, defaultBridge, POD_CIDR } from "./check-network";
import { checkPlatform } from "./check-platform";
import { checkVm } from "./check-vm";
import { ProblemList, valueAt, type Draft, type NodeDraft } from "./draft";
import { unknownKey } from "./fields";
import { CONFIG_KEYS, isConfigKey } from "./keys";
import { lsmSchema } from "./lsm-schema";
import { checkPreparation, preparationSchema } from "./preparation";
import { ConfigError } from "./problem";
import * as schema from "./schema";
import { alertingSchema, chartsSchema, ciliumSchema, gitopsSchema, tetragonSchema } from "./schema-platform";
import { trafficSplitSchema } from "./split-schema";
import {
  DRIVERS,
  type BpfProgramConfig,
  type CiliumConfig,
  type NodeConfig,
  type PlatformConfig,
  type VipConfig,
} from "./types";
import { vmSize } from "./vm-size";

/**
 * The typed config of a stack. `raw` has the top-level keys without their namespace, as `pulumi.Config` or
 * `readStackFile` give them; its `secrets` is the list of the secrets' names. Throws a `ConfigError` that holds every
 * problem of shape and of one part with another.
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>, stack: string): PlatformConfig {
  const list = new ProblemList();
  for (const key of Object.keys(raw).filter((name) => !isConfigKey(name))) {
    list.report([key], raw[key], unknownKey(key, Object.keys(CONFIG_KEYS)));
  }
  const draft = readDraft(raw, stack, list);
  const checks = [
    checkNetwork,
    checkBpf,
    checkLsm,
    checkLoadBalancer,
    checkCluster,
    checkVm,
    checkPlatform,
    checkPreparation,
  ];
  for (const check of checks) check(draft, list.report);
  const config = complete(draft);
  if (list.problems.length > 0 || config === undefined) throw new ConfigError(stack, list.problems);
  return deepFreeze(config);
}

function readDraft(raw: Readonly<Record<string, unknown>>, stack: string, list: ProblemList): Draft {
  const rawNodes: unknown[] = Array.isArray(raw.nodes) ? raw.nodes : [];
  if (rawNodes.length === 0 && valueAt(raw.cluster, ["kind"]) !== "existing")
    list.report(["nodes"], raw.nodes, "declare the machines as a list with at least one node");
  const rawPrograms = valueAt(raw.bpf, ["programs"]);
  const rawLsm = valueAt(raw.bpf, ["lsm"]);
  return {
    stack,
    stage: list.read(schema.stageSchema, raw.stage, ["stage"]),
    release: list.read(schema.releaseSchema, raw.release, ["release"]),
    network: list.read(schema.networkSchema, raw.network, ["network"]),
    ssh: list.read(schema.sshSchema, raw.ssh ?? {}, ["ssh"]),
    nodes: rawNodes.map((node, index) => readNode(node, index, list)),
    hypervisor: list.read(schema.hypervisorSchema, raw.hypervisor ?? {}, ["hypervisor"]),
    nodeNames: rawNodes.map((node) => valueAt(node, ["name"])).filter((name) => typeof name === "string"),
    preparation: list.read(preparationSchema, raw.preparation ?? {}, ["preparation"]),
    bpf: list.read(schema.bpfSchema, raw.bpf ?? {}, ["bpf"]),
    programs: list.readList(schema.programSchema, rawPrograms, ["bpf", "programs"]),
    guards: list.readList(schema.guardSchema, valueAt(raw.bpf, ["guards"]), ["bpf", "guards"]),
    rawPrograms: Array.isArray(rawPrograms) ? rawPrograms : [],
    lsm: list.readList(lsmSchema, rawLsm, ["bpf", "lsm"]),
    rawLsm: Array.isArray(rawLsm) ? rawLsm : [],
    loadBalancer: isAbsent(raw.loadBalancer)
      ? undefined
      : list.read(schema.loadBalancerSchema, raw.loadBalancer, ["loadBalancer"]),
    vips: list.readList(schema.vipSchema, valueAt(raw.loadBalancer, ["vips"]), ["loadBalancer", "vips"]),
    trafficSplit: isAbsent(raw.trafficSplit)
      ? undefined
      : list.read(trafficSplitSchema, raw.trafficSplit, ["trafficSplit"]),
    cluster: list.read(schema.clusterSchema, raw.cluster ?? { kind: "none" }, ["cluster"]),
    platform: list.read(schema.platformSchema, raw.platform ?? {}, ["platform"]),
    cilium: isAbsent(raw.cilium) ? undefined : list.read(ciliumSchema, raw.cilium, ["cilium"]),
    tetragon: list.read(tetragonSchema, raw.tetragon ?? {}, ["tetragon"]),
    charts: list.read(chartsSchema, raw.charts ?? {}, ["charts"]),
    gitops: isAbsent(raw.gitops) ? undefined : list.read(gitopsSchema, raw.gitops, ["gitops"]),
    alerting: isAbsent(raw.alerting) ? undefined : list.read(alertingSchema, raw.alerting, ["alerting"]),
    secrets: list.read(schema.secretsSchema, raw.secrets ?? [], ["secrets"]),
  };
}

/** The engine has no optional keys: a key that may be left out is declared with an empty object. */
function isAbsent(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** A node; where its driver is unknown, the rest of its faults are still reported. */
function readNode(raw: unknown, index: number, list: ProblemList): NodeDraft | undefined {
  const driver = valueAt(raw, ["driver"]);
  const node = list.read(schema.nodeSchema, raw, ["nodes", index]);
  if (typeof raw === "object" && raw !== null && !(DRIVERS as readonly unknown[]).includes(driver)) {
    list.read(schema.driverlessNodeSchema, raw, ["nodes", index]);
  }
  return node;
}

/** The config with its derived defaults; undefined when a part is missing. */
function complete(draft: Draft): PlatformConfig | undefined {
  const { stack, stage, release, network, ssh, bpf, cluster, platform, secrets, loadBalancer } = draft;
  const { tetragon, charts, gitops, hypervisor, alerting, preparation, trafficSplit } = draft;
  const nodes = draft.nodes.filter((node) => node !== undefined);
  const programs: BpfProgramConfig[] = draft.programs.filter((program) => program !== undefined);
  const vips: VipConfig[] = draft.vips.filter((vip) => vip !== undefined);
  if (
    !stage ||
    !release ||
    !network ||
    !ssh ||
    !hypervisor ||
    !preparation ||
    !bpf ||
    !cluster ||
    !platform ||
    !tetragon ||
    !charts ||
    !secrets
  )
    return undefined;
  const cilium = completeCilium(draft);
  return {
    stack,
    stage,
    release,
    network: { ...network, bridge: network.bridge ?? defaultBridge(stack) },
    ssh,
    nodes: nodes.map(sizedNode),
    hypervisor: {
      ...hypervisor,
      reach: hypervisor.reach ?? (hypervisor.connection ? "hypervisor" : "direct"),
    },
    preparation,
    bpf: {
      ...bpf,
      programs,
      guards: draft.guards.filter((guard) => guard !== undefined),
      lsm: draft.lsm.filter((policy) => policy !== undefined),
    },
    ...(loadBalancer && { loadBalancer: { ...loadBalancer, vips } }),
    ...(trafficSplit && { trafficSplit }),
    cluster,
    platform,
    ...(cilium && { cilium }),
    tetragon,
    charts: {
      ...charts,
      profile: charts.profile ?? (stage === "lab" || stage === "dev" ? "small" : "standard"),
    },
    ...(gitops && { gitops }),
    ...(alerting && { alerting }),
    secrets,
  };
}

/** The local balancer of k3s in front of its servers, which every node has. */
const K3S_API_SERVER = "127.0.0.1:6444";

/** Cilium with its derived defaults: always on a k3s cluster of ours, on an existing one where it is asked for. */
function completeCilium({ cluster, cilium, platform }: Draft): CiliumConfig | undefined {
  const given = cilium ?? (cluster?.kind === "k3s" ? ciliumSchema.parse({}) : undefined);
  return (
    given && {
      ...given,
      apiServer: given.apiServer ?? K3S_API_SERVER,
      podCidr: given.podCidr ?? POD_CIDR,
      loadBalancerMode: given.loadBalancerMode ?? (platform?.wireguard ? "snat" : "hybrid"),
    }
  );
}

function sizedNode(node: NodeDraft): NodeConfig {
  if (node.driver === "nspawn" || node.driver === "existing") return node;
  return { ...node, ...vmSize(node.profile, node.role, node) };
}
