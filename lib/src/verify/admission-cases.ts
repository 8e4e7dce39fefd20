/** A pod that admission must refuse, beside the same pod without the offence, which it must accept. */
export interface AdmissionCase {
  readonly id: string;
  /** What the offence is, as a noun. */
  readonly offence: string;
  /** MITRE ATT&CK technique of the threat table. */
  readonly technique: string;
  readonly pod: object;
}

type Container = Record<string, unknown>;

/** Digest of nothing in particular: a dry run pulls no image. */
const IMAGE = `registry.k8s.io/pause@sha256:${"0".repeat(64)}`;

const RESOURCES = {
  requests: { cpu: "10m", memory: "16Mi" },
  limits: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "16Mi" },
};

const restricted: Container = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 65534,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

interface Parts {
  readonly spec?: Record<string, unknown>;
  readonly container?: Container;
  readonly security?: Container;
}

/** A pod that meets the restricted level of the Pod Security Standards in all but what the parts say. */
function pod(name: string, { spec = {}, container = {}, security = {} }: Parts = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `verify-${name}` },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          name: "main",
          image: IMAGE,
          resources: RESOURCES,
          securityContext: { ...restricted, ...security },
          ...container,
        },
      ],
      ...spec,
    },
  };
}

/** The twin of every case. */
export const benignPod = pod("benign");

const offence = (id: string, what: string, technique: string, parts: Parts): AdmissionCase => ({
  id,
  offence: what,
  technique,
  pod: pod(id, parts),
});

const volume = (source: object): Parts => ({
  spec: { volumes: [{ name: "v", ...source }] },
  container: { volumeMounts: [{ name: "v", mountPath: "/v" }] },
});

const secondary = (kind: "initContainers"): Parts => ({
  spec: {
    [kind]: [
      {
        name: "other",
        image: IMAGE,
        resources: RESOURCES,
        securityContext: { ...restricted, privileged: true, allowPrivilegeEscalation: true },
      },
    ],
  },
});

/**
 * Ways out of a container and into its node, from the threat table of the design (escape by a privileged container,
 * kernel exploits, eavesdropping). Each breaks one rule of the restricted level and no other, but for those that the
 * API itself lets come in pairs.
 */
export const admissionCases: readonly AdmissionCase[] = [
  offence("privileged", "a privileged container", "T1611", {
    security: { privileged: true, allowPrivilegeEscalation: true },
  }),
  offence("privileged-init", "a privileged init container", "T1611", secondary("initContainers")),
  offence("host-pid", "the host's processes", "T1611", { spec: { hostPID: true } }),
  offence("host-ipc", "the host's shared memory", "T1611", { spec: { hostIPC: true } }),
  offence("host-network", "the host's network", "T1040", { spec: { hostNetwork: true } }),
  offence("host-port", "a port of the host", "T1610", {
    container: { ports: [{ containerPort: 8080, hostPort: 8080 }] },
  }),
  offence("host-root", "the host's root folder", "T1611", volume({ hostPath: { path: "/" } })),
  offence(
    "runtime-socket",
    "the socket of the container runtime",
    "T1610",
    volume({ hostPath: { path: "/run/k3s/containerd/containerd.sock", type: "Socket" } }),
  ),
  offence("sys-admin", "CAP_SYS_ADMIN", "T1611", {
    security: { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } },
  }),
  offence("net-raw", "CAP_NET_RAW", "T1040", {
    security: { capabilities: { drop: ["ALL"], add: ["NET_RAW"] } },
  }),
  offence("bpf", "CAP_BPF", "T1068", { security: { capabilities: { drop: ["ALL"], add: ["BPF"] } } }),
  offence("keeps-capabilities", "the default capabilities", "T1068", { security: { capabilities: {} } }),
  offence("escalation", "programs that gain privileges", "T1068", {
    security: { allowPrivilegeEscalation: true },
  }),
  offence("root", "the user root", "T1611", { security: { runAsUser: 0 } }),
  offence("perhaps-root", "a user that may be root", "T1611", { security: { runAsNonRoot: false } }),
  offence("unconfined", "no system call filter", "T1068", {
    security: { seccompProfile: { type: "Unconfined" } },
  }),
  offence("unmasked-proc", "an unmasked /proc", "T1611", {
    spec: { hostUsers: false },
    security: { procMount: "Unmasked" },
  }),
  offence("sysctl", "an unsafe kernel setting", "T1068", {
    spec: { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
  }),
  offence("selinux", "a SELinux type of its own", "T1611", {
    security: { seLinuxOptions: { type: "spc_t" } },
  }),
  offence("windows-host-process", "a host process", "T1611", {
    spec: { hostNetwork: true },
    security: { windowsOptions: { hostProcess: true } },
  }),
];

/** What somebody must not be allowed to do, asked of the API server's own authorizer. */
export interface AccessCase {
  readonly id: string;
  readonly technique: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

const DEFAULT_ACCOUNT = {
  user: "system:serviceaccount:default:default",
  groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
};
const ANONYMOUS = { user: "system:anonymous", groups: ["system:unauthenticated"] };

type Access = Pick<AccessCase, "id" | "verb" | "resource"> & Partial<AccessCase>;

const access = (rest: Access): AccessCase => ({
  technique: "T1528",
  group: "",
  ...DEFAULT_ACCOUNT,
  ...rest,
});

/** Stolen credentials and lateral movement: what the account of a pod, or nobody at all, could do with a way to the API. */
export const accessCases: readonly AccessCase[] = [
  access({ id: "read-secrets", verb: "list", resource: "secrets", technique: "T1552.007" }),
  access({ id: "enter-pods", verb: "create", resource: "pods", subresource: "exec", technique: "T1609" }),
  access({ id: "make-pods", verb: "create", resource: "pods", technique: "T1610" }),
  access({ id: "make-tokens", verb: "create", resource: "serviceaccounts", subresource: "token" }),
  access({ id: "nodes-proxy", verb: "get", resource: "nodes", subresource: "proxy", technique: "T1021" }),
  access({
    id: "bind-roles",
    verb: "create",
    group: "rbac.authorization.k8s.io",
    resource: "clusterrolebindings",
    technique: "T1098",
  }),
  access({
    id: "approve-certificates",
    verb: "update",
    group: "certificates.k8s.io",
    resource: "certificatesigningrequests",
    subresource: "approval",
  }),
  access({ id: "impersonate", verb: "impersonate", resource: "users" }),
  access({ id: "anonymous-pods", verb: "list", resource: "pods", technique: "T1613", ...ANONYMOUS }),
  access({ id: "anonymous-secrets", verb: "get", resource: "secrets", technique: "T1552.007", ...ANONYMOUS }),
];

/** The twin: every account may ask what it may do. */
export const benignAccess: AccessCase = access({
  id: "benign",
  verb: "create",
  group: "authorization.k8s.io",
  resource: "selfsubjectaccessreviews",
});
