import { stringify } from "yaml";

/** Where k3s keeps what belongs to servers. */
export const SERVER_DIR = "/var/lib/rancher/k3s/server";
export const ADMISSION_FILE = `${SERVER_DIR}/psa.yaml`;
export const AUDIT_FILE = `${SERVER_DIR}/audit.yaml`;
export const AUDIT_LOG = `${SERVER_DIR}/logs/audit.log`;
export const KUBELET_FILE = "/etc/rancher/k3s/kubelet.yaml";
export const SYSCTL_FILE = "/etc/sysctl.d/90-kubelet.conf";

/** The suites of the k3s hardening guide: ECDHE with AES-GCM or ChaCha20. */
const ciphers = ["ECDSA", "RSA"].flatMap((kind) => [
  `TLS_ECDHE_${kind}_WITH_AES_128_GCM_SHA256`,
  `TLS_ECDHE_${kind}_WITH_AES_256_GCM_SHA384`,
  `TLS_ECDHE_${kind}_WITH_CHACHA20_POLY1305`,
]);

/** What the kubelet compares with `protect-kernel-defaults`, and what keeps BPF and kernel pointers from users. */
const sysctls: Readonly<Record<string, number>> = {
  "vm.panic_on_oom": 0,
  "vm.overcommit_memory": 1,
  "kernel.panic": 10,
  "kernel.panic_on_oops": 1,
  "kernel.unprivileged_bpf_disabled": 1,
  "net.core.bpf_jit_harden": 1,
  "kernel.kptr_restrict": 1,
  "kernel.dmesg_restrict": 1,
};

/** `/etc/sysctl.d/90-kubelet.conf`. */
export function sysctlFile(): string {
  return `${Object.entries(sysctls)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join("\n")}\n`;
}

/** `kube-apiserver-arg` of the CIS profile (docs.k3s.io/security/hardening-guide). */
export function apiServerArguments(): string[] {
  return [
    "enable-admission-plugins=NodeRestriction,EventRateLimit",
    `admission-control-config-file=${ADMISSION_FILE}`,
    `audit-log-path=${AUDIT_LOG}`,
    `audit-policy-file=${AUDIT_FILE}`,
    "audit-log-maxage=30",
    "audit-log-maxbackup=10",
    "audit-log-maxsize=100",
    "service-account-extend-token-expiration=false",
  ];
}

/** `kube-controller-manager-arg` of the CIS profile. */
export function controllerManagerArguments(): string[] {
  return ["terminated-pod-gc-threshold=100"];
}

/** How a kubelet behaves. */
export interface KubeletSettings {
  /** Most processes of one pod. */
  readonly maxPids: number;
  /** Seconds a node that shuts down gives its pods, critical ones included; 0: it does not wait. */
  readonly shutdownSeconds: number;
  /** Of these, seconds that are left to critical pods. */
  readonly criticalSeconds: number;
}

/** `kubelet-arg`: the CIS profile, and the file for what has no flag. */
export function kubeletArguments({ maxPids }: KubeletSettings): string[] {
  return [
    `config=${KUBELET_FILE}`,
    "streaming-connection-idle-timeout=5m",
    `tls-cipher-suites=${ciphers.join(",")}`,
    `pod-max-pids=${String(maxPids)}`,
  ];
}

/** The kubelet's own configuration file: pods end in order when the machine shuts down. */
export function kubeletFile({ shutdownSeconds, criticalSeconds }: KubeletSettings): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    shutdownGracePeriod: `${String(shutdownSeconds)}s`,
    shutdownGracePeriodCriticalPods: `${String(criticalSeconds)}s`,
  });
}

/**
 * The admission configuration: Pod Security `restricted` everywhere but in the platform's own namespaces, and a limit of
 * events. Without its limits the plugin EventRateLimit stops the API server ("limits: must not be empty").
 * @param exempt namespaces whose pods need more than `restricted`, for instance those with agents of every node
 */
export function admissionConfig(exempt: readonly string[]): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: [
      {
        name: "PodSecurity",
        configuration: {
          apiVersion: "pod-security.admission.config.k8s.io/v1",
          kind: "PodSecurityConfiguration",
          defaults: {
            enforce: "restricted",
            "enforce-version": "latest",
            audit: "restricted",
            "audit-version": "latest",
            warn: "restricted",
            "warn-version": "latest",
          },
          exemptions: { usernames: [], runtimeClasses: [], namespaces: [...exempt].sort() },
        },
      },
      {
        name: "EventRateLimit",
        configuration: {
          apiVersion: "eventratelimit.admission.k8s.io/v1alpha1",
          kind: "Configuration",
          limits: [{ type: "Server", qps: 5000, burst: 20000 }],
        },
      },
    ],
  });
}

/**
 * What the API server records: who did what (Metadata), never the content of Secrets, and not the watching and leases of
 * the system itself, which are most of all requests and say nothing about anyone.
 */
export function auditPolicy(): string {
  return stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [
      { level: "None", verbs: ["get", "list", "watch"], resources: [{ group: "coordination.k8s.io" }] },
      { level: "None", users: ["system:kube-scheduler", "system:kube-controller-manager"], verbs: ["watch"] },
      { level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version"] },
      { level: "Metadata", resources: [{ group: "", resources: ["secrets", "configmaps"] }] },
      {
        level: "Request",
        verbs: ["create", "update", "patch", "delete", "deletecollection"],
        resources: [{ group: "rbac.authorization.k8s.io" }],
      },
      { level: "Metadata" },
    ],
  });
}
