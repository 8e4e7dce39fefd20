/** What `platform status` found: facts read from living nodes, nothing remembered. */
export interface StatusReport {
  readonly stack: string;
  readonly stage: string;
  readonly release: string;
  readonly nodes: readonly NodeStatus[];
  readonly programs: readonly ProgramStatus[];
  readonly vips: readonly VipStatus[];
  /** Absent when no request was sent. */
  readonly traffic?: TrafficStatus;
}

export interface NodeStatus {
  readonly name: string;
  readonly role: string;
  readonly driver: string;
  readonly address: string;
  /** `running` or `degraded` as systemd says, or `unreachable`. */
  readonly state: string;
  readonly kernel?: string;
  readonly uptimeSeconds?: number;
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[];
  /** Output of `bpftool net list`, with `--verbose`. */
  readonly bpftoolNet?: string;
}

export interface ProgramStatus {
  readonly node: string;
  readonly name: string;
  readonly function: string;
  readonly hook: string;
  /** `host0 slot 1`, a tracepoint, a cgroup. */
  readonly place: string;
  /** Kernel's program id; absent while nothing is attached. */
  readonly id?: number;
  /** SHA-256 of the object file on the node. */
  readonly objectSha256?: string;
  /** Number of pins of the program on the node's bpffs. */
  readonly pins: number;
  /** Instructions that the verifier looked at. */
  readonly instructions?: number;
  readonly jitedBytes?: number;
  readonly mode?: string;
  readonly problems: readonly string[];
}

export interface VipStatus {
  /** `198.18.10.100:80/tcp`. */
  readonly vip: string;
  readonly mode: string;
  readonly backends: readonly BackendStatus[];
}

export interface BackendStatus {
  readonly name: string;
  readonly weight: number;
  /** Flows that began. */
  readonly connections: number;
  readonly packets: number;
  readonly bytes: number;
}

/** The lab's smoke test: what the client got, beside what the programs counted in the same time. */
export interface TrafficStatus {
  readonly vip: string;
  readonly requests: number;
  readonly failed: number;
  /** Answers by the name the backend answered with. */
  readonly answeredBy: Readonly<Record<string, number>>;
  /** New flows that the load balancer counted by backend meanwhile. */
  readonly counted: Readonly<Record<string, number>>;
  /** Mean cost of the chain on the edge; absent when no packet came. */
  readonly nanosecondsPerPacket?: number;
  readonly packets: number;
}

/** True when no node and no program has a problem, and every request was answered. */
export function isHealthy(report: StatusReport): boolean {
  const problems = [...report.nodes, ...report.programs].some((part) => part.problems.length > 0);
  return !problems && (report.traffic === undefined || report.traffic.failed === 0);
}
