import {
  containsUnknown,
  isObject,
  isUnknown,
  reveal,
  type Property,
  type PropertyMap,
} from "../provider/property";
import type { CheckFailure } from "../provider/stand-in";
import { factsOf } from "./object";

// RFC 1123 as Kubernetes uses it for most names (k8s.io/apimachinery, pkg/util/validation).
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
// Names of these are paths of the authorizer (pkg/apis/rbac/validation).
const FREE_NAMES = new Set(["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]);

/**
 * What an API server would refuse of any object, whatever its kind: its type, its metadata and their shapes. The
 * fields of a kind are not looked at; only an API server knows them.
 */
export function problemsOf(token: string, object: PropertyMap): CheckFailure[] {
  return [...typeProblems(token, object), ...metadataProblems(object)];
}

function typeProblems(token: string, object: PropertyMap): CheckFailure[] {
  const { apiVersion, kind } = factsOf(object);
  const [, group = "", type = ""] = token.split(":");
  const wanted = group.replace(/^core\//, "");
  const problems: CheckFailure[] = [];
  if (apiVersion === "") problems.push(problem("apiVersion", "is required"));
  else if (apiVersion !== wanted)
    problems.push(problem("apiVersion", `is ${apiVersion}, the resource is of ${wanted}`));
  if (kind === "") problems.push(problem("kind", "is required"));
  else if (type !== kind && type !== `${kind}Patch`) {
    problems.push(problem("kind", `is ${kind}, the resource is a ${type}`));
  }
  return problems;
}

function metadataProblems(object: PropertyMap): CheckFailure[] {
  const metadata = reveal(object.metadata ?? {});
  if (isUnknown(metadata)) return [];
  if (!isObject(metadata)) return [problem("metadata", "is no object")];
  const { kind } = factsOf(object);
  const free = FREE_NAMES.has(kind);
  return [
    ...nameProblems("metadata.name", metadata.name, 253, free),
    ...nameProblems("metadata.namespace", metadata.namespace, 63, false),
    ...mapProblems("metadata.labels", metadata.labels, LABEL_VALUE),
    ...mapProblems("metadata.annotations", metadata.annotations, undefined),
  ];
}

function nameProblems(
  path: string,
  value: Property | undefined,
  longest: number,
  free: boolean,
): CheckFailure[] {
  if (value === undefined || value === null || isUnknown(value)) return [];
  if (typeof value !== "string") return [problem(path, "is no text")];
  if (value.length > longest) return [problem(path, `has more than ${String(longest)} characters`)];
  if (free ? /^[^/%]+$/.test(value) : SUBDOMAIN.test(value)) return [];
  return [problem(path, `is ${JSON.stringify(value)}; allowed are lower case letters, digits, - and .`)];
}

function mapProblems(
  path: string,
  values: Property | undefined,
  pattern: RegExp | undefined,
): CheckFailure[] {
  if (values === undefined || values === null || isUnknown(values)) return [];
  if (!isObject(values)) return [problem(path, "is no object")];
  return Object.entries(values).flatMap(([key, value]) => {
    if (!LABEL_NAME.test(key))
      return [problem(path, `has the key ${JSON.stringify(key)}, which is no qualified name`)];
    if (containsUnknown(value)) return [];
    if (typeof value !== "string") return [problem(`${path}[${JSON.stringify(key)}]`, "is no text")];
    if (!pattern || pattern.test(value)) return [];
    return [
      problem(`${path}[${JSON.stringify(key)}]`, `is ${JSON.stringify(value)}, which is no label value`),
    ];
  });
}

function problem(path: string, what: string): CheckFailure {
  return { property: path.split(".")[0] ?? path, reason: `${path} ${what}` };
}
