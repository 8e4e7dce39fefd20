import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** The Secret with `ca.crt`, `tls.crt` and `tls.key` of the servers. */
export const TLS_SECRET = "vault-tls";
const TLS_FOLDER = "/vault/userconfig/vault-tls";
const SERVERS = 3;

/** What the restricted Pod Security level asks for, and the chart leaves open. */
const confined = {
  pod: {
    runAsNonRoot: true,
    runAsUser: 100,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: "RuntimeDefault" },
  },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

/** Values of chart `vault`. */
export function vaultValues({ platform, charts }: PlatformConfig): ChartValues {
  const high = platform.vault === "ha";
  return {
    global: { tlsDisable: !high },
    server: {
      statefulSet: { securityContext: confined },
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
      ...(high ? highlyAvailable() : { dev: { enabled: true } }),
    },
    injector: {
      enabled: platform.vaultInjection,
      replicas: charts.profile === "standard" ? 2 : 1,
      securityContext: confined,
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
  };
}

/** Three servers that keep their data by Raft, speak TLS, and have a volume for the audit log. */
function highlyAvailable(): ChartValues {
  return {
    ha: {
      enabled: true,
      replicas: SERVERS,
      raft: { enabled: true, setNodeId: true, config: raftConfig() },
    },
    dataStorage: { enabled: true },
    auditStorage: { enabled: true },
    extraEnvironmentVars: { VAULT_CACERT: `${TLS_FOLDER}/ca.crt` },
    volumes: [{ name: "tls", secret: { secretName: TLS_SECRET, defaultMode: 0o440 } }],
    volumeMounts: [{ name: "tls", mountPath: TLS_FOLDER, readOnly: true }],
    // Apart where there are nodes enough; the chart's own rule would leave the third pending on two nodes.
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchLabels: { "app.kubernetes.io/name": "vault", component: "server" } },
              topologyKey: "kubernetes.io/hostname",
            },
          },
        ],
      },
    },
  };
}

/** Without `retry_join` only the first server would ever be one. */
function raftConfig(): string {
  const joins = Array.from({ length: SERVERS }, (_, index) =>
    [
      "  retry_join {",
      `    leader_api_addr = "https://vault-${String(index)}.vault-internal:8200"`,
      `    leader_ca_cert_file = "${TLS_FOLDER}/ca.crt"`,
      "  }",
    ].join("\n"),
  );
  return [
    "ui = true",
    'listener "tcp" {',
    '  address = "[::]:8200"',
    '  cluster_address = "[::]:8201"',
    `  tls_cert_file = "${TLS_FOLDER}/tls.crt"`,
    `  tls_key_file = "${TLS_FOLDER}/tls.key"`,
    '  tls_min_version = "tls13"',
    "}",
    'storage "raft" {',
    '  path = "/vault/data"',
    ...joins,
    "}",
    'service_registration "kubernetes" {}',
    "",
  ].join("\n");
}
