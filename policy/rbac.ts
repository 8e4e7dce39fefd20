import type { RuleContext } from "./context";
import type { Field, Value } from "./field";
import { type KubeObject, forKinds } from "./kube-object";
import { type Finding, type ResourceCheck, each, whenKnown } from "./rule";

/** One rule of a Role or ClusterRole with its lists. */
export interface Permission {
  readonly field: Field;
  readonly verbs: Field;
  readonly resources: Field;
  readonly apiGroups: Field;
  readonly role: KubeObject;
}

/** A resource rule that looks at the permissions of roles one by one, once all of one is known. */
export function forPermissions(
  check: (permission: Permission, context: RuleContext) => readonly Finding[],
): ResourceCheck {
  return forKinds(["Role", "ClusterRole"], (role, context) =>
    each(role.root.at("rules"), (field) =>
      whenKnown([field], () => {
        const [verbs, resources, apiGroups] = [
          field.at("verbs"),
          field.at("resources"),
          field.at("apiGroups"),
        ];
        return check({ field, verbs, resources, apiGroups, role }, context);
      }),
    ),
  );
}

/** Whether a list names one of the words, or everything. */
export function lists(field: Field, ...words: readonly string[]): boolean {
  return field.items.some(({ value }) => value === "*" || words.includes(value as string));
}

/** Whether the permission covers a resource, given as `pods/exec`; `*` and `pods/*` cover it too. */
export function covers(permission: Permission, resource: string): boolean {
  const [, subresource] = resource.split("/");
  const names = [resource, ...(subresource === undefined ? [] : [`*/${subresource}`])];
  return lists(permission.resources, ...names);
}

const writing = ["create", "update", "patch", "delete", "deletecollection"];

export function writes(permission: Permission): boolean {
  return lists(permission.verbs, ...writing);
}

/** Who a binding is for, as `kind:namespace/name` or `kind:name`. */
export function subjectName(subject: Field): string {
  const part = (key: string): string | undefined => subject.at(key).text;
  const namespace = part("namespace");
  return `${part("kind") ?? ""}:${namespace === undefined ? "" : `${namespace}/`}${part("name") ?? ""}`;
}

export const isWord = (value: Value | undefined, ...words: readonly string[]): boolean =>
  typeof value === "string" && words.includes(value);
