import { reveal, type PropertyMap } from "../provider/property";
import type { ProviderConfig } from "./provider-config";
import { factsOf } from "./object";

/** Fields whose change needs a new object, by group and kind; as in pkg/provider/diff.go of the official provider. */
const FIELDS: Record<string, Record<string, string[]>> = {
  apps: {
    DaemonSet: ["spec.selector"],
    Deployment: ["spec.selector"],
    StatefulSet: [
      "spec.podManagementPolicy",
      "spec.revisionHistoryLimit",
      "spec.selector",
      "spec.serviceName",
      "spec.volumeClaimTemplates",
    ],
  },
  "rbac.authorization.k8s.io": { ClusterRoleBinding: ["roleRef"], RoleBinding: ["roleRef"] },
  "storage.k8s.io": { StorageClass: ["parameters", "provisioner"] },
  batch: { Job: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"] },
  "": {
    PersistentVolumeClaim: ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
    ResourceQuota: ["spec.scopes"],
    Service: ["spec.clusterIP"],
  },
};

/** Of a pod almost nothing can be changed: these fields, and nearly all of a container. */
const POD = [
  ..."affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork"
    .concat(" hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority")
    .concat(" priorityClassName readinessGates restartPolicy runtimeClassName schedulerName securityContext")
    .concat(
      " serviceAccount serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds volumes",
    )
    .split(" ")
    .map((field) => `spec.${field}`),
  ...["containers", "initContainers"].flatMap((list) =>
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext"
      .concat(
        " stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts",
      )
      .concat(" workingDir")
      .split(" ")
      .map((field) => `spec.${list}[*].${field}`),
  ),
];

const VOLUME_SOURCES =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
    .split(" ")
    .map((source) => `spec.${source}`);

/** Whether a change at the path, such as `spec.template.spec.containers[0].image`, needs a new object. */
export function needsReplacement(object: PropertyMap, config: ProviderConfig): (path: string) => boolean {
  const { apiVersion, kind } = factsOf(object);
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const fields = ["metadata.name", "metadata.namespace", ...fieldsOf(group, kind, object, config)];
  return (path) => {
    const anyIndex = path.replaceAll(/\[\d+\]/g, "[*]");
    return fields.some(
      (field) => anyIndex === field || anyIndex.startsWith(`${field}.`) || anyIndex.startsWith(`${field}[`),
    );
  };
}

function fieldsOf(group: string, kind: string, object: PropertyMap, config: ProviderConfig): string[] {
  if (group !== "") return FIELDS[group]?.[kind] ?? [];
  const immutable = reveal(object.immutable ?? null) === true;
  if (kind === "Secret")
    return !config.enableSecretMutable || immutable ? ["type", "stringData", "data"] : ["type"];
  if (kind === "ConfigMap") return !config.enableConfigMapMutable || immutable ? ["binaryData", "data"] : [];
  if (kind === "Pod") return POD;
  return kind === "PersistentVolume" ? VOLUME_SOURCES : (FIELDS[""]?.[kind] ?? []);
}
