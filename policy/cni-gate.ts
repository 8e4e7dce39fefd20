import type { ResourceFacts } from "./facts";

const gate = "ebpf-platform:cluster:CniGate";
/** What the gate itself needs: custom resource definitions, the CNI, its provider and everything of the cluster. */
const before = ["ebpf-platform:cluster:", "ebpf-platform:network:Cilium"];

export const isGate = (resource: ResourceFacts): boolean =>
  resource.type === gate || resource.parentTypes.includes(gate);

/** Resources in the cluster that must wait until pods can have an address. */
export function waitsForGate(resource: ResourceFacts): boolean {
  if (!resource.type.startsWith("kubernetes:")) return false;
  if (/:(CustomResourceDefinition|Namespace)$/.test(resource.type)) return false;
  return !resource.parentTypes.some((type) => before.some((prefix) => type.startsWith(prefix)));
}

/** Whether the resource depends on the gate, directly or through others. */
export function dependsOnGate(resource: ResourceFacts, byUrn: ReadonlyMap<string, ResourceFacts>): boolean {
  const seen = new Set<string>();
  const open = [...(resource.dependencies ?? [])];
  for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    const dependency = byUrn.get(urn);
    if (dependency === undefined) continue;
    if (isGate(dependency)) return true;
    open.push(...(dependency.dependencies ?? []));
  }
  return false;
}
