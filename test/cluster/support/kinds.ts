import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "./objects";

const fixtures = join(__dirname, "..", "..", "fixtures");

/** The schema of one version of a kind, without its descriptions, as `test/fixtures/crds/` keeps it. */
export interface KindData {
  /** Product and version the schema was read from. */
  readonly source: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Every kind of a product whose schema is in hand. */
function knownKinds(): KindData[] {
  const folder = join(fixtures, "crds");
  return readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as KindData);
}

/** A definition that serves this one version. */
function definitionOf({ group, version, kind, plural, scope, schema }: KindData): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // The server asks for the review that changes of a protected group have had.
      ...(group.endsWith(".k8s.io") || group.endsWith(".kubernetes.io")
        ? { annotations: { "api-approved.kubernetes.io": "unapproved, for a test" } }
        : {}),
    },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

/** Definitions of every known kind, and of those that Gatekeeper would make of the templates among these objects. */
export function definitionsFor(objects: readonly KubeObject[]): KubeObject[] {
  const templates = objects.filter(({ kind }) => kind === "ConstraintTemplate");
  const own = new Map(templates.map((template) => [template.metadata.name, constraintKind(template)]));
  return [...knownKinds(), ...own.values()].map(definitionOf);
}

/** The kinds that a definition makes the server serve. */
export function kindsOf(definition: KubeObject): { readonly apiVersion: string; readonly kind: string }[] {
  const { group, names, versions } = definition["spec"] as {
    group: string;
    names: { kind: string };
    versions: { name: string; served: boolean }[];
  };
  return versions
    .filter(({ served }) => served)
    .map(({ name }) => ({ apiVersion: `${group}/${name}`, kind: names.kind }));
}

interface Template {
  readonly spec: {
    readonly crd: {
      readonly spec: {
        readonly names: { readonly kind: string };
        readonly validation?: { readonly openAPIV3Schema?: object };
      };
    };
  };
}

/**
 * The kind that Gatekeeper makes of a ConstraintTemplate: its own `match`, our parameters (CreateSchema and CreateCRD of
 * github.com/open-policy-agent/frameworks/constraint, pkg/client/crds).
 */
function constraintKind(template: KubeObject): KindData {
  const match = JSON.parse(readFileSync(join(fixtures, "gatekeeper-match.json"), "utf8")) as {
    source: string;
    schema: object;
  };
  const { names, validation } = (template as unknown as Template).spec.crd.spec;
  const text = { type: "string" };
  const point = { type: "object", properties: { name: text } };
  const scoped = {
    type: "object",
    properties: { action: text, enforcementPoints: { type: "array", items: point } },
  };
  const properties = {
    match: match.schema,
    enforcementAction: { ...text, default: "deny" },
    scopedEnforcementActions: { type: "array", items: scoped },
    ...(validation?.openAPIV3Schema ? { parameters: validation.openAPIV3Schema } : {}),
  };
  return {
    source: `our template ${template.metadata.name}, ${match.source}`,
    group: "constraints.gatekeeper.sh",
    version: "v1beta1",
    kind: names.kind,
    plural: names.kind.toLowerCase(),
    scope: "Cluster",
    schema: {
      type: "object",
      properties: {
        metadata: { type: "object", properties: { name: { type: "string", maxLength: 63 } } },
        spec: { type: "object", properties },
        status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  };
}
