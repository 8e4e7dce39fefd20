/** Why a key of config.yaml is not a user's to set, as half a sentence. */
const ours = "this program answers for it; remove it";
const joins = "how nodes join is this program's matter; remove it";
const cilium = "Cilium does this; remove it";
const secret = "it holds a secret, which config.yaml must not; remove it";

/** Keys of config.yaml that this program sets itself, or that would undo what it promises. Lists of ours may be added to. */
export const OWN_KEYS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        "config",
        "data-dir",
        "node-name",
        "node-ip",
        "with-node-id",
        "protect-kernel-defaults",
        "rootless",
      ],
      ...["secrets-encryption", "write-kubeconfig", "write-kubeconfig-mode", "write-kubeconfig-group"],
      ...["advertise-address", "advertise-port", "https-listen-port", "private-registry", "disable-agent"],
      ...["disable-apiserver", "disable-controller-manager", "disable-etcd", "disable-scheduler"],
    ].map((key) => [key, ours]),
  ),
  ...Object.fromEntries(
    [
      ...["server", "token-file", "agent-token-file", "cluster-init", "cluster-reset"],
      ...["cluster-reset-restore-path", "datastore-endpoint"],
    ].map((key) => [key, joins]),
  ),
  ...Object.fromEntries(
    [
      ...["flannel-backend", "flannel-ipv6-masq", "flannel-external-ip", "flannel-iface", "flannel-conf"],
      ...[
        "flannel-cni-conf",
        "disable-network-policy",
        "disable-kube-proxy",
        "kube-proxy-arg",
        "cluster-cidr",
      ],
      ...["service-cidr", "cluster-dns"],
    ].map((key) => [key, cilium]),
  ),
  ...Object.fromEntries(
    ["token", "agent-token", "vpn-auth", "etcd-s3-access-key", "etcd-s3-secret-key"].map((key) => [
      key,
      secret,
    ]),
  ),
  "node-label": "write nodes[].labels instead",
  "node-taint": "write nodes[].taints instead",
  "tls-san": "write cluster.tlsSans instead",
};

/** Authorities of one's own, below `server/tls` (docs.k3s.io/cli/certificate, "Using Custom CA Certificates"). */
export const CUSTOM_AUTHORITIES: readonly string[] = [
  "server-ca.crt",
  "server-ca.key",
  "client-ca.crt",
  "client-ca.key",
  "request-header-ca.crt",
  "request-header-ca.key",
  "etcd/peer-ca.crt",
  "etcd/peer-ca.key",
  "etcd/server-ca.crt",
  "etcd/server-ca.key",
  "service.key",
];
