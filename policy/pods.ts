import type { RuleContext } from "./context";
import type { ResourceFacts } from "./facts";
import type { Field, Value } from "./field";
import { type KubeObject, kubeObject } from "./kube-object";
import { type Finding, type ResourceCheck, each } from "./rule";

/** A pod, or the template of pods in a workload. */
export interface Pod {
  readonly object: KubeObject;
  readonly metadata: Field;
  readonly spec: Field;
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  PodTemplate: ["template"],
};

/** Finds the pod in any workload, custom ones included: whatever has `spec.template.spec.containers`. */
export function podOf(resource: ResourceFacts): Pod | undefined {
  const object = kubeObject(resource);
  if (object === undefined) return undefined;
  const path = templatePaths[object.kind] ?? ["spec", "template"];
  const template = object.root.at(...path);
  const spec = template.at("spec");
  const isWorkload = object.kind in templatePaths || !spec.at("containers").absent;
  return isWorkload ? { object, metadata: template.at("metadata"), spec } : undefined;
}

/** A resource rule that looks at pods. */
export function forPods(check: (pod: Pod, context: RuleContext) => readonly Finding[]): ResourceCheck {
  return (resource, context) => {
    const pod = podOf(resource);
    return pod === undefined ? [] : check(pod, context);
  };
}

const containerLists = ["containers", "initContainers", "ephemeralContainers"] as const;

/** Judges each container of the pod, init and ephemeral ones included. */
export function eachContainer(
  spec: Field,
  check: (container: Field) => readonly Finding[],
): readonly Finding[] {
  return containerLists.flatMap((list) => each(spec.at(list), check));
}

/** A resource rule that looks at containers one by one. */
export function forContainers(
  check: (container: Field, pod: Pod, context: RuleContext) => readonly Finding[],
): ResourceCheck {
  return forPods((pod, context) => eachContainer(pod.spec, (container) => check(container, pod, context)));
}

/** Judges a field of `securityContext` on the pod and on each container. */
export function eachSecurityContext(
  spec: Field,
  check: (context: Field) => readonly Finding[],
): readonly Finding[] {
  return [
    ...check(spec.at("securityContext")),
    ...eachContainer(spec, (container) => check(container.at("securityContext"))),
  ];
}

/** From 1.25 on the restricted level exempts Windows pods from checks of Linux-only fields. */
export function isWindows(spec: Field): boolean {
  return spec.at("os", "name").value === "windows";
}

/** From 1.35 on some checks relax for pods in their own user namespace. */
export function inUserNamespace(spec: Field): boolean {
  return spec.at("hostUsers").value === false;
}

export const unset = (value: Value | undefined): boolean => value === undefined || value === null;
export const unsetOr =
  (...allowed: readonly Value[]) =>
  (value: Value | undefined): boolean =>
    unset(value) || allowed.includes(value as Value);
export const isTrue = (value: Value | undefined): boolean => value === true;
