import type { RuleContext } from "./context";
import { type ResourceFacts, defaultOptions } from "./facts";
import { Field, type Value, type ValueMap, isMap, word } from "./field";
import { type Judgement, judgeAll } from "./judge";
import { readYaml } from "./read-yaml";
import type { Rule } from "./rule";

/** Where a document of a manifest stands. */
export interface ManifestFacts extends ResourceFacts {
  readonly file: string;
  /** Line of the document's first key, from 1. */
  readonly line: number;
}

/** The objects of a YAML or JSON text with one or many documents, Lists opened up. Throws as `readYaml` does. */
export function manifestFacts(text: string, file: string): readonly ManifestFacts[] {
  return readYaml(text, file).flatMap(({ value, line }) =>
    objectsOf(value, file, line).map((object) => factsOf(object, file, line)),
  );
}

/**
 * The objects of a document; none for an empty one. A document that is no object fails: skipping it would let a
 * misspelt `kind` through.
 */
function objectsOf(value: Value, file: string, line: number): readonly ValueMap[] {
  if (value === null) return [];
  const missing = ["apiVersion", "kind"].filter((key) => !isMap(value) || word(value[key]) === "");
  if (!isMap(value) || missing.length > 0) {
    throw new Error(
      `The document of ${file} in line ${line} is no Kubernetes object: it has no ${missing.join(" and no ")}; mend it or leave the file out.`,
    );
  }
  const { items } = value;
  if (!word(value.kind).endsWith("List") || !Array.isArray(items)) return [value];
  // The items of a typed list may leave out what the list says of them all.
  const kind = word(value.kind).slice(0, -"List".length);
  const common: ValueMap = kind === "" ? {} : { apiVersion: value.apiVersion ?? "", kind };
  return (items as readonly Value[]).flatMap((item) =>
    objectsOf(isMap(item) ? { ...common, ...item } : item, file, line),
  );
}

function factsOf(object: ValueMap, file: string, line: number): ManifestFacts {
  const props = new Field(object);
  const apiVersion = props.at("apiVersion").text ?? "";
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const kind = props.at("kind").text ?? "";
  const name = props.at("metadata", "name").text ?? "";
  const namespace = props.at("metadata", "namespace").text;
  return {
    type: `kubernetes:${group}:${kind}`,
    name,
    urn: `${file}#${kind}/${namespace === undefined ? "" : `${namespace}/`}${name}`,
    parentTypes: [],
    props,
    options: defaultOptions,
    dependencies: [],
    file,
    line,
  };
}

/** A text and the name that findings give it. */
export interface ManifestSource {
  readonly text: string;
  readonly file: string;
  /** Namespace of its objects that name none, as for a rendered chart. */
  readonly namespace?: string;
}

export interface ManifestOptions {
  readonly rules: readonly Rule[];
  readonly context: RuleContext;
  /** For all texts that have no namespace of their own. */
  readonly namespace?: string;
}

/** What a check of manifests found. */
export interface ManifestCheck {
  readonly objects: readonly ManifestFacts[];
  readonly judgements: readonly Judgement[];
}

/** The rules of the pack over any Kubernetes YAML, for instance a rendered chart: all texts together are one stack. */
export function checkManifests(sources: readonly ManifestSource[], options: ManifestOptions): ManifestCheck {
  const objects = sources.flatMap(({ text, file, namespace = options.namespace }) =>
    manifestFacts(text, file).map((object) => inNamespace(object, namespace)),
  );
  return { objects, judgements: judgeAll(options.rules, objects, options.context) };
}

function inNamespace(object: ManifestFacts, namespace: string | undefined): ManifestFacts {
  const metadata = object.props.at("metadata");
  if (namespace === undefined || !metadata.at("namespace").absent || !isMap(object.props.value))
    return object;
  const own = isMap(metadata.value) ? metadata.value : {};
  return { ...object, props: new Field({ ...object.props.value, metadata: { ...own, namespace } }) };
}
