import { parseAllDocuments } from "yaml";
import { hasArgument, k3sNode } from "../k3s";
import { Field, type Value, word } from "../field";
import { isTrue } from "../pods";
import { type Finding, type Rule, must } from "../rule";

const serverDir = "/var/lib/rancher/k3s/server";
const sysctlFile = "/etc/sysctl.d/90-kubelet.conf";

/** Six ECDHE suites with AES-GCM or ChaCha20, as the k3s hardening guide lists them. */
const ciphers = ["ECDSA", "RSA"].flatMap((kind) => [
  `TLS_ECDHE_${kind}_WITH_AES_128_GCM_SHA256`,
  `TLS_ECDHE_${kind}_WITH_AES_256_GCM_SHA384`,
  `TLS_ECDHE_${kind}_WITH_CHACHA20_POLY1305`,
]);

type Argument = readonly [list: string, key: string, test: (value: string) => boolean, wanted: string];
const is = (wanted: string) => (value: string) => value === wanted;
const atLeast = (least: number) => (value: string) => /^\d+$/.test(value) && Number(value) >= least;
const hasAll =
  (...wanted: readonly string[]) =>
  (value: string) =>
    wanted.every((item) => value.split(",").includes(item));
const onlyOf = (allowed: readonly string[]) => (value: string) =>
  value !== "" && value.split(",").every((item) => allowed.includes(item));

const serverArguments: readonly Argument[] = [
  [
    "kube-apiserver-arg",
    "enable-admission-plugins",
    hasAll("NodeRestriction", "EventRateLimit"),
    "NodeRestriction and EventRateLimit",
  ],
  ["kube-apiserver-arg", "admission-control-config-file", is(`${serverDir}/psa.yaml`), "the psa.yaml"],
  ["kube-apiserver-arg", "audit-log-path", (value) => value.startsWith("/"), "a file"],
  ["kube-apiserver-arg", "audit-policy-file", is(`${serverDir}/audit.yaml`), "the audit.yaml"],
  ["kube-apiserver-arg", "audit-log-maxage", atLeast(30), "30 or more"],
  ["kube-apiserver-arg", "audit-log-maxbackup", atLeast(10), "10 or more"],
  ["kube-apiserver-arg", "audit-log-maxsize", atLeast(100), "100 or more"],
  ["kube-apiserver-arg", "service-account-extend-token-expiration", is("false"), "false"],
  ["kube-controller-manager-arg", "terminated-pod-gc-threshold", atLeast(1), "a number such as 100"],
];
const nodeArguments: readonly Argument[] = [
  [
    "kubelet-arg",
    "streaming-connection-idle-timeout",
    (value) => /^[1-9]\d*[smh]$/.test(value),
    "a time such as 5m",
  ],
  ["kubelet-arg", "tls-cipher-suites", onlyOf(ciphers), "strong ECDHE suites only"],
  ["kubelet-arg", "pod-max-pids", atLeast(1), "a limit"],
];

/** Kernel settings that protect-kernel-defaults compares, and those that keep BPF and kernel pointers from users. */
const sysctls = {
  "vm.panic_on_oom": "0",
  "vm.overcommit_memory": "1",
  "kernel.panic": "10",
  "kernel.panic_on_oops": "1",
  "kernel.unprivileged_bpf_disabled": "1",
  "net.core.bpf_jit_harden": "1",
  "kernel.kptr_restrict": "1",
  "kernel.dmesg_restrict": "1",
};

const judgeArguments = (config: Field, wanted: readonly Argument[]): readonly Finding[] =>
  wanted.flatMap(([list, key, test, text]) =>
    must(config.at(list), (value) => hasArgument(value, key, test), `must set ${key} to ${text}`),
  );

function hasSysctls(content: Value | undefined): boolean {
  const set = new Map(
    word(content)
      .split("\n")
      .map((line) => line.split("=").map((part) => part.trim()) as [string, string]),
  );
  return Object.entries(sysctls).every(([key, value]) => set.get(key) === value);
}

/** The documents of a file; none when it is no YAML, so that the rule reports what is missing. */
function documentsOf(content: Value | undefined): readonly Field[] {
  const documents = parseAllDocuments(word(content));
  if (documents.some(({ errors }) => errors.length > 0)) return [];
  return documents.map((document) => new Field(document.toJS() as Value));
}

/** PodSecurity restricted in all three modes, and an EventRateLimit with limits: an empty one stops the API server. */
function isAdmissionConfig(content: Value | undefined): boolean {
  const plugins = documentsOf(content).flatMap((document) => document.at("plugins").items);
  const find = (name: string) =>
    plugins.find((plugin) => plugin.at("name").value === name)?.at("configuration");
  const defaults = find("PodSecurity")?.at("defaults");
  const limits = find("EventRateLimit")?.at("limits").items ?? [];
  return (
    ["enforce", "audit", "warn"].every((mode) => defaults?.at(mode).value === "restricted") &&
    limits.some((limit) => Number(limit.at("qps").value) > 0 && Number(limit.at("burst").value) > 0)
  );
}

function isAuditPolicy(content: Value | undefined): boolean {
  const levels = documentsOf(content).flatMap((document) =>
    document.at("rules").items.map((rule) => rule.at("level").value),
  );
  return levels.some((level) => ["Metadata", "Request", "RequestResponse"].includes(word(level)));
}

export const rule: Rule = {
  id: "C01",
  name: "k3s-hardened",
  severity: "critical",
  what: "A k3s node carries every setting of the CIS hardening: admission, audit, encryption, kubelet and kernel.",
  why: "k3s leaves them off by default; the API server then keeps Secrets in clear and no record of who did what.",
  remediation:
    "Take the configuration from the function that renders it in lib/ and add to it instead of replacing it.",
  url: "https://docs.k3s.io/security/hardening-guide",
  frameworks: { cis: ["1.2.15", "3.2.1", "4.2.6", "5.2.1"], owasp: ["K07", "K10"], attack: ["T1562.001"] },
  note: "Judges the inputs config and files of the components ebpf-platform:cluster:K3sServer and K3sAgent.",
  level: "mandatory",
  resource: (resource) => {
    const node = k3sNode(resource);
    if (node === undefined) return [];
    const { config, files } = node;
    const common = [
      ...must(config.at("protect-kernel-defaults"), isTrue, "must be true"),
      ...judgeArguments(config, nodeArguments),
      ...must(files.at(sysctlFile, "content"), hasSysctls, "lacks a kernel setting of the hardening guide"),
    ];
    if (node.role === "agent") return common;
    return [
      ...common,
      ...["psa.yaml", "audit.yaml"].flatMap((name) =>
        must(files.at(`${serverDir}/${name}`, "mode"), (mode) => mode === "0600", "must be 0600"),
      ),
      ...must(config.at("secrets-encryption"), isTrue, "must be true"),
      ...judgeArguments(config, serverArguments),
      ...must(
        files.at(`${serverDir}/psa.yaml`, "content"),
        isAdmissionConfig,
        "must set PodSecurity restricted and an EventRateLimit with limits",
      ),
      ...must(
        files.at(`${serverDir}/audit.yaml`, "content"),
        isAuditPolicy,
        "must log at level Metadata or above",
      ),
    ];
  },
};
