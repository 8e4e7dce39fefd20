/** The label of agents; `kubectl get nodes` shows it as the role. */
export const WORKER_LABEL = "node-role.kubernetes.io/worker";

/** Prefixes of kubernetes.io under which a kubelet may label its own node (NodeRestriction). */
const SELF_PREFIXES = ["kubelet.kubernetes.io/", "node.kubernetes.io/"];
/** Single labels that it may set too (kubernetes/pkg/kubelet/apis/well_known_labels.go). */
const SELF_LABELS = [
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
];

/**
 * Whether a kubelet may give its own node a label. Others under kubernetes.io and k8s.io, the roles above all, it is
 * refused at its start, because a node could otherwise draw what is meant for others: those are set through the API.
 */
export function kubeletMaySet(label: string): boolean {
  const slash = label.indexOf("/");
  if (slash < 0) return true;
  const domain = label.slice(0, slash);
  if (!/(^|\.)(kubernetes|k8s)\.io$/.test(domain)) return true;
  return SELF_LABELS.includes(label) || SELF_PREFIXES.some((prefix) => label.startsWith(prefix));
}

/** Labels in two parts: what the kubelet sets at its start, and what is set through the API. */
export function splitLabels(labels: Readonly<Record<string, string>>): {
  readonly self: Readonly<Record<string, string>>;
  readonly api: Readonly<Record<string, string>>;
} {
  const pick = (self: boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(labels).filter(([label]) => kubeletMaySet(label) === self));
  return { self: pick(true), api: pick(false) };
}

/** Whether a text is the key of a label: a name of at most 63 characters, with a domain before it where it has one. */
export function isLabelKey(text: string): boolean {
  return /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(text);
}

/** `key=value:effect` in its parts; undefined for any other text. */
export function parseTaint(text: string): { key: string; value: string; effect: string } | undefined {
  const match =
    /^([A-Za-z0-9]([\w./-]*[A-Za-z0-9])?)(=([\w.-]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text);
  if (!match) return undefined;
  return { key: match[1] ?? "", value: match[4] ?? "", effect: match[5] ?? "" };
}
