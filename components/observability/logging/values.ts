import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `loki`: one process that keeps everything on its volume. */
export function lokiValues({ charts }: PlatformConfig): ChartValues {
  const off = { enabled: false };
  return {
    deploymentMode: "Monolithic",
    loki: {
      auth_enabled: false,
      commonConfig: { replication_factor: 1 },
      storage: { type: "filesystem" },
      schemaConfig: {
        configs: [
          {
            from: "2026-01-01",
            store: "tsdb",
            object_store: "filesystem",
            schema: "v13",
            index: { prefix: "index_", period: "24h" },
          },
        ],
      },
      // Without these three nothing is ever deleted.
      compactor: { retention_enabled: true, delete_request_store: "filesystem" },
      limits_config: { retention_period: "168h" },
    },
    singleBinary: {
      replicas: 1,
      persistence: { size: charts.profile === "standard" ? "50Gi" : "10Gi" },
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    },
    read: { replicas: 0 },
    write: { replicas: 0 },
    backend: { replicas: 0 },
    // 11 GiB of memory for caches that a filesystem beside the process does not need.
    chunksCache: off,
    resultsCache: off,
    gateway: off,
    lokiCanary: off,
    test: off,
    sidecar: { rules: off },
  };
}

/** Values of chart `fluent-bit`: container logs and k3s' own, to Loki. */
export function fluentBitValues(): ChartValues {
  return {
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    // It has to read other users' logs, and nothing else of root's rights.
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["DAC_READ_SEARCH"] },
    },
    testFramework: { enabled: false },
    daemonSetVolumes: [
      { name: "varlog", hostPath: { path: "/var/log" } },
      { name: "etcmachineid", hostPath: { path: "/etc/machine-id", type: "File" } },
      {
        name: "positions",
        hostPath: { path: "/var/lib/ebpf-platform/fluent-bit", type: "DirectoryOrCreate" },
      },
    ],
    daemonSetVolumeMounts: [
      { name: "varlog", mountPath: "/var/log", readOnly: true },
      { name: "etcmachineid", mountPath: "/etc/machine-id", readOnly: true },
      { name: "positions", mountPath: "/positions" },
    ],
    config: { inputs: INPUTS, filters: FILTERS, outputs: OUTPUTS },
  };
}

// Without DB everything is read and sent again after each restart.
const INPUTS = `[INPUT]
    Name tail
    Path /var/log/containers/*.log
    multiline.parser cri
    Tag kube.*
    DB /positions/containers.db
    Mem_Buf_Limit 16MB
    Skip_Long_Lines On

[INPUT]
    Name systemd
    Tag host.*
    Systemd_Filter _SYSTEMD_UNIT=k3s.service
    Systemd_Filter _SYSTEMD_UNIT=k3s-agent.service
    DB /positions/systemd.db
    Read_From_Tail On
`;

const FILTERS = `[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    K8S-Logging.Parser On
    K8S-Logging.Exclude On
`;

// The built-in plugin, whose keys are not those of the older Go plugin.
const OUTPUTS = `[OUTPUT]
    Name loki
    Match kube.*
    host loki.monitoring.svc
    port 3100
    labels job=containers, namespace=$kubernetes['namespace_name'], pod=$kubernetes['pod_name'], container=$kubernetes['container_name']
    line_format json
    Retry_Limit 10

[OUTPUT]
    Name loki
    Match host.*
    host loki.monitoring.svc
    port 3100
    labels job=node, unit=$_SYSTEMD_UNIT, node=$_HOSTNAME
    line_format json
    Retry_Limit 10
`;
