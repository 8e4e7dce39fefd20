import { isObject, isSecret, isUnknown, reveal, type Property, type PropertyMap } from "../provider/property";

/** What the provider needs to know of an object, without secret envelopes. */
export interface ObjectFacts {
  apiVersion: string;
  kind: string;
  /** Undefined: none given; it may also be unknown. */
  name: string | undefined;
  namespace: string | undefined;
  annotations: PropertyMap;
}

export function factsOf(object: PropertyMap): ObjectFacts {
  const metadata = metadataOf(object);
  const annotations = reveal(metadata.annotations ?? null);
  return {
    apiVersion: text(object.apiVersion) ?? "",
    kind: text(object.kind) ?? "",
    name: text(metadata.name),
    namespace: text(metadata.namespace),
    annotations: isObject(annotations) ? annotations : {},
  };
}

export function metadataOf(object: PropertyMap): PropertyMap {
  const metadata = object.metadata;
  const plain = isSecret(metadata) ? metadata.value : metadata;
  return isObject(plain) ? plain : {};
}

function text(value: Property | undefined): string | undefined {
  const plain = reveal(value ?? null);
  return typeof plain === "string" && plain !== "" ? plain : undefined;
}

export const AUTONAMED = "pulumi.com/autonamed";

export function isAutonamed(object: PropertyMap): boolean {
  return factsOf(object).annotations[AUTONAMED] === "true";
}

/** `namespace/name`, or the name alone where no namespace is given. */
export function idOf(object: PropertyMap): string {
  const { namespace, name = "" } = factsOf(object);
  return namespace === undefined || isUnknown(namespace) ? name : `${namespace}/${name}`;
}

/** Kinds without a namespace among those that Kubernetes itself has (1.34, `kubectl api-resources --namespaced=false`). */
const CLUSTER_WIDE = new Set(
  `APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ComponentStatus CSIDriver CSINode
  CustomResourceDefinition DeviceClass FlowSchema IngressClass IPAddress MutatingAdmissionPolicy
  MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass
  PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectReview ServiceCIDR StorageClass TokenReview
  ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
  VolumeAttributesClass`.split(/\s+/),
);

/** A kind that Kubernetes does not know counts as one with a namespace, as for the official provider. */
export function isNamespaced({ kind }: ObjectFacts): boolean {
  return !CLUSTER_WIDE.has(kind);
}
