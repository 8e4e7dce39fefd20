import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";
import { alertmanagerConfig } from "@ebpf-platform/lib/observability";

export const RELEASE = "kube-prometheus-stack";
/** The Secret with Grafana's admin. */
export const ADMIN_SECRET = "grafana-admin";

/** The restricted Pod Security level for containers whose chart leaves it open. */
const confined = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** Values of chart `prometheus-operator-crds`: definitions that an upgrade of the release upgrades too. */
export function operatorCrdsValues(): ChartValues {
  return {};
}

/** Values of chart `kube-prometheus-stack`. */
export function monitoringValues(config: PlatformConfig): ChartValues {
  const { charts, cluster, platform } = config;
  const standard = charts.profile === "standard";
  return {
    // They come from prometheus-operator-crds: Helm would never upgrade those of this chart.
    crds: { enabled: false },
    // In k3s these are one process that answers on 127.0.0.1 only: targets that are always down.
    ...(cluster.kind === "k3s" && {
      kubeControllerManager: { enabled: false },
      kubeScheduler: { enabled: false },
      kubeEtcd: { enabled: false },
    }),
    // Cilium replaces it wherever it is ours.
    ...(config.cilium && { kubeProxy: { enabled: false } }),
    prometheus: {
      prometheusSpec: {
        retention: "7d",
        replicas: standard ? 2 : 1,
        resources: {
          requests: { cpu: "200m", memory: standard ? "2Gi" : "1Gi" },
          limits: { memory: standard ? "4Gi" : "2Gi" },
        },
        storageSpec: volume(standard ? "50Gi" : "10Gi"),
        // Objects of every product count, not only those that carry this release's label.
        ...Object.fromEntries(
          ["serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig"].map((kind) => [
            `${kind}SelectorNilUsesHelmValues`,
            false,
          ]),
        ),
      },
      additionalPodMonitors: podMonitors(config),
    },
    alertmanager: {
      config: alertmanagerConfig(config.alerting),
      alertmanagerSpec: {
        ...(config.alerting && { secrets: [config.alerting.secret] }),
        replicas: standard ? 2 : 1,
        storage: volume("1Gi"),
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      },
    },
    grafana: {
      admin: { existingSecret: ADMIN_SECRET, userKey: "admin-user", passwordKey: "admin-password" },
      // Runs as root to change the owner of a volume; the volume's group does the same.
      initChownData: { enabled: false },
      sidecar: {
        securityContext: confined,
        resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "192Mi" } },
      },
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
      ...(platform.observability === "full" && { additionalDataSources: dataSources }),
    },
    // It reads the host, so it lives where agents may; everything else stays restricted.
    "prometheus-node-exporter": { namespaceOverride: "node-agents", ...textfiles(config) },
    "kube-state-metrics": {
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
    prometheusOperator: {
      resources: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    },
  };
}

const dataSources = [
  { name: "Loki", uid: "loki", type: "loki", url: "http://loki.monitoring.svc:3100", access: "proxy" },
  { name: "Tempo", uid: "tempo", type: "tempo", url: "http://tempo.monitoring.svc:3200", access: "proxy" },
];

/** Where the nodes' BPF programs write what they count (docs/metrics.md), mounted for node-exporter to read. */
function textfiles({ bpf }: PlatformConfig): ChartValues {
  if (!bpf.metrics) return {};
  const mountPath = "/textfiles";
  return {
    extraHostVolumeMounts: [
      {
        name: "textfiles",
        hostPath: bpf.metrics.folder,
        type: "DirectoryOrCreate",
        mountPath,
        readOnly: true,
      },
    ],
    extraArgs: [
      // The list replaces the chart's own, so its two exclusions are said again.
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/containerd/.+|var/lib/docker/.+|var/lib/kubelet/.+)($|/)",
      "--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs|erofs)$",
      `--collector.textfile.directory=${mountPath}`,
    ],
  };
}

function volume(storage: string) {
  return {
    volumeClaimTemplate: {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    },
  };
}

/** Cilium's own metrics: its chart could make monitors too, but comes before the kind exists. */
function podMonitors({ cilium }: PlatformConfig) {
  const monitor = (
    name: string,
    namespace: string,
    labels: Record<string, string>,
    ports: Record<string, string>,
  ) => ({
    name,
    namespaceSelector: { matchNames: [namespace] },
    selector: { matchLabels: labels },
    podMetricsEndpoints: Object.entries(ports).map(([job, port]) => ({
      port,
      interval: "30s",
      honorLabels: true,
      // Rules and gates ask for sensors by this name.
      relabelings: [{ targetLabel: "job", replacement: job }],
    })),
  });
  return [
    ...(cilium
      ? [
          monitor(
            "cilium-agent",
            "kube-system",
            { "k8s-app": "cilium" },
            {
              "cilium-agent": "prometheus",
              hubble: "hubble-metrics",
            },
          ),
          monitor(
            "cilium-operator",
            "kube-system",
            { "io.cilium/app": "operator" },
            { "cilium-operator": "prometheus" },
          ),
        ]
      : []),
  ];
}
