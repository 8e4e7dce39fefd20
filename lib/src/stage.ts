import type { PlatformConfig, PlatformParts, Stage } from "./config/types";

/** The least a stage asks for. A stack may be stricter than its stage, never laxer. */
export interface StageRules {
  /** What BPF programs do with what they would deny, at least. */
  readonly bpfMode: "audit" | "enforce";
  /** Whether LSM programs may run: never on a host we did not boot. */
  readonly lsm: "never" | "audit" | "enforce";
  /** Whether `release: workspace` may run. */
  readonly workspace: boolean;
  /** XDP modes that may be asked for. */
  readonly xdpModes: readonly ("native" | "generic" | "auto")[];
  /** The least of each part of the platform, where the stack has a cluster of its own. */
  readonly platform: Required<{ readonly [Part in keyof PlatformParts]: PlatformParts[Part] }>;
  /** Whether that holds for parts of another stack's cluster too: a canary runs on prod's. */
  readonly platformOf: "own" | "joined";
  /** What must have passed before the next stage. */
  readonly gate: string;
}

const anyXdpMode = ["native", "generic", "auto"] as const;
const nothing: PlatformParts = {
  tetragon: "off",
  falco: "off",
  networkPolicy: "off",
  wireguard: false,
  vault: "off",
  vaultInjection: false,
  observability: "off",
  gatekeeper: "off",
  externalSecrets: false,
  argocd: false,
};

/** The stages from lax to strict. WireGuard and Vault injection are the last step of a rollout, hence no minimum of prod. */
export const stageRules: Readonly<Record<Stage, StageRules>> = {
  lab: {
    bpfMode: "audit",
    lsm: "never",
    workspace: true,
    xdpModes: anyXdpMode,
    platform: nothing,
    platformOf: "own",
    gate: "smoke",
  },
  dev: {
    bpfMode: "audit",
    lsm: "audit",
    workspace: true,
    xdpModes: anyXdpMode,
    platformOf: "own",
    platform: { ...nothing, tetragon: "audit", falco: "rules", vault: "dev" },
    gate: "integration tests, BPF loaded",
  },
  staging: {
    bpfMode: "enforce",
    lsm: "enforce",
    workspace: false,
    xdpModes: anyXdpMode,
    platformOf: "own",
    platform: {
      ...nothing,
      tetragon: "enforce",
      falco: "alerts",
      networkPolicy: "default-deny",
      wireguard: false,
      vault: "ha",
      vaultInjection: true,
    },
    gate: "load test, XDP vs iptables",
  },
  canary: {
    bpfMode: "enforce",
    lsm: "enforce",
    workspace: false,
    xdpModes: ["native"],
    platformOf: "joined",
    platform: { ...nothing, tetragon: "enforce" },
    gate: "metrics against stable nodes",
  },
  prod: {
    bpfMode: "enforce",
    lsm: "enforce",
    workspace: false,
    xdpModes: ["native"],
    platformOf: "own",
    platform: {
      ...nothing,
      tetragon: "enforce",
      falco: "alerts",
      networkPolicy: "default-deny",
      wireguard: false,
      vault: "ha",
      vaultInjection: false,
    },
    gate: "connectivity test",
  },
};

/** Settings of each part from lax to strict. */
const order: { readonly [Part in keyof PlatformParts]: readonly PlatformParts[Part][] } = {
  tetragon: ["off", "audit", "enforce"],
  falco: ["off", "rules", "alerts"],
  networkPolicy: ["off", "default-deny"],
  wireguard: [false, true],
  vault: ["off", "dev", "ha"],
  vaultInjection: [false, true],
  observability: ["off", "metrics", "full"],
  gatekeeper: ["off", "audit", "enforce"],
  externalSecrets: [false, true],
  argocd: [false, true],
};

/**
 * Where a config is laxer than its stage, one sentence each with key, found value and what the stage asks; empty when
 * nowhere. `workspace` and `xdpModes` are not judged here: `parseConfig` refuses a config against them.
 */
export function stageViolations(config: PlatformConfig): string[] {
  const rules = stageRules[config.stage];
  const found: string[] = [];
  if (config.bpf.mode === "audit" && rules.bpfMode === "enforce") {
    found.push(sentence("bpf.mode", config.bpf.mode, config.stage, "enforce"));
  }
  return [...found, ...platformViolations(config, rules)];
}

function platformViolations(config: PlatformConfig, rules: StageRules): string[] {
  const { kind } = config.cluster;
  const applies = rules.platformOf === "joined" ? kind !== "none" : kind === "k3s" || kind === "existing";
  if (!applies) return [];
  const parts = Object.keys(order) as (keyof PlatformParts)[];
  return parts
    .filter((part) => rank(part, config.platform) < rank(part, rules.platform))
    .map((part) =>
      sentence(
        `platform.${part}`,
        String(config.platform[part]),
        config.stage,
        `${String(rules.platform[part])} at least`,
      ),
    );
}

function rank(part: keyof PlatformParts, parts: PlatformParts): number {
  return (order[part] as readonly unknown[]).indexOf(parts[part]);
}

function sentence(key: string, found: string, stage: Stage, asked: string): string {
  return `${key} is ${found}, laxer than stage ${stage}, which asks for ${asked}.`;
}
