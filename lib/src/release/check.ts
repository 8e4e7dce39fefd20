import type { ChartName, PlatformConfig } from "../config/types";
import { stageRules } from "../stage";
import { missingDigests, releaseIdentity, type ReleaseLock } from "./lock";

/**
 * Whether a stack may run its lock. Throws one error that lists everything against it: another identity than the
 * config's, digests that were never computed (outside the stages that may run a workspace), parts the lock does not have.
 * Nothing to check for `release: workspace`.
 * @param lockText the bytes of `releases/<version>.json`, from which `lock` was parsed
 */
export function checkRelease(config: PlatformConfig, lock: ReleaseLock, lockText: string): void {
  if (config.release === "workspace") return;
  const faults = [
    ...identityFaults(config.release, lock, lockText),
    ...missingParts(config, lock),
    ...(stageRules[config.stage].workspace
      ? []
      : missingDigests(lock).map((digest) => `it has no digest for ${digest}`)),
  ];
  if (faults.length === 0) return;
  const lines = faults.map((fault) => `  - ${fault}`).join("\n");
  throw new Error(
    `Stack ${config.stack} (stage ${config.stage}) cannot run release ${config.release.version}:\n${lines}`,
  );
}

function identityFaults(
  pin: { version: string; sha256: string },
  lock: ReleaseLock,
  lockText: string,
): string[] {
  const identity = releaseIdentity(lockText);
  const faults: string[] = [];
  if (lock.version !== pin.version)
    faults.push(`its file says it is version ${lock.version}; restore it from git`);
  if (identity !== pin.sha256) {
    faults.push(
      `its SHA-256 is ${identity} and the stack's config says ${pin.sha256}; a lock is written once: restore it from git`,
    );
  }
  return faults;
}

function missingParts(config: PlatformConfig, lock: ReleaseLock): string[] {
  const sources = neededSources(config).filter((source) => !Object.hasOwn(lock.bpf.programs, source));
  const charts = neededCharts(config).filter((chart) => !Object.hasOwn(lock.charts, chart));
  return [
    ...sources.map((source) => `it has no BPF program ${source}, which the stack's config asks for`),
    ...charts.map((chart) => `it has no chart ${chart}, which the stack's config asks for`),
  ];
}

/** The BPF sources a stack runs: its programs, the load balancer, and the root under both. */
export function neededSources({ bpf, loadBalancer }: PlatformConfig): string[] {
  const asked = [...bpf.programs.map(({ source }) => source), ...(loadBalancer ? ["xdp_lb"] : [])];
  return [...new Set(asked.length > 0 ? ["xdp_root", ...asked] : [])];
}

/** The charts a stack's config asks for. */
export function neededCharts({ cilium, cluster, platform }: PlatformConfig): ChartName[] {
  // An agent of another stack's cluster runs what that stack installed.
  if (cluster.kind === "none" || cluster.kind === "join") return [];
  const { observability } = platform;
  const asked: readonly (readonly [ChartName, boolean])[] = [
    ["cilium", cilium !== undefined],
    ["prometheus-operator-crds", observability !== "off"],
    ["kube-prometheus-stack", observability !== "off"],
    ["loki", observability === "full"],
    ["fluent-bit", observability === "full"],
    ["tempo", observability === "full"],
    ["tetragon", platform.tetragon !== "off"],
    ["falco", platform.falco !== "off"],
    ["gatekeeper", platform.gatekeeper !== "off"],
    ["vault", platform.vault !== "off"],
    ["external-secrets", platform.externalSecrets],
    ["argo-cd", platform.argocd],
  ];
  return asked.filter(([, wanted]) => wanted).map(([chart]) => chart);
}
