import type { ResourceFacts } from "./facts";
import { kubeObject, qualifiedName } from "./kube-object";
import type { RuleContext } from "./context";
import type { Finding } from "./rule";

/** The names a waiver may use for a resource. */
export function namesOf(resource: ResourceFacts): readonly string[] {
  const metadata = resource.props.at("metadata");
  const name = metadata.at("name").text;
  const namespace = metadata.at("namespace").text;
  const names = [resource.name, resource.urn];
  if (name !== undefined) names.push(name, `${namespace ?? "default"}/${name}`);
  return names;
}

/** Drops the findings that a waiver in force or the list of agents covers. */
export function withoutWaived(
  id: string,
  resource: ResourceFacts,
  findings: readonly Finding[],
  { policy, today }: RuleContext,
): readonly Finding[] {
  const day = today.toISOString().slice(0, 10);
  const names = namesOf(resource);
  const waived = policy.waivers.some(
    (waiver) => waiver.rule === id && waiver.expires >= day && names.includes(waiver.resource),
  );
  const object = kubeObject(resource);
  const agent = policy.allow.agents.find(
    (entry) => object !== undefined && entry.object === qualifiedName(object),
  );
  const exempt = waived || agent?.exempt.includes(id) === true;
  return exempt ? findings.filter((finding) => finding.notJudged) : findings;
}
