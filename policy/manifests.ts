import { parseAllDocuments } from "yaml";
import type { RuleContext } from "./context";
import { type ResourceFacts, defaultOptions } from "./facts";
import { Field, type Value, isMap, word } from "./field";
import { type Judgement, judgeAll } from "./judge";
import type { Rule } from "./rule";

/** Where a document of a manifest stands. */
export interface ManifestFacts extends ResourceFacts {
  readonly file: string;
  /** Line of the document's first key, from 1. */
  readonly line: number;
}

/**
 * The objects of a YAML text with one or many documents, Lists opened up. Throws one error that names file and line of
 * the first thing that is no YAML.
 */
export function manifestFacts(text: string, file: string): readonly ManifestFacts[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const line = error.linePos?.[0].line ?? 1;
      throw new Error(
        `Reading ${file} as YAML failed in line ${line}: ${error.message.split("\n")[0] ?? ""}`,
      );
    }
    const start = document.contents === null ? 0 : document.contents.range[0];
    const line = text.slice(0, start).split("\n").length;
    return objectsOf(document.toJS() as Value).map((object) => factsOf(object, file, line));
  });
}

function objectsOf(value: Value): readonly Value[] {
  if (!isMap(value)) return [];
  const kind = word(value.kind);
  if (kind.endsWith("List") && Array.isArray(value.items))
    return (value.items as readonly Value[]).flatMap(objectsOf);
  return "kind" in value && "apiVersion" in value ? [value] : [];
}

function factsOf(object: Value, file: string, line: number): ManifestFacts {
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

export interface ManifestOptions {
  readonly rules: readonly Rule[];
  readonly context: RuleContext;
  /** Shown in findings. */
  readonly file: string;
  /** For charts, whose templates leave the namespace to the release. */
  readonly namespace?: string;
}

/** The rules of the pack over any Kubernetes YAML, for instance a rendered chart. */
export function checkManifests(text: string, options: ManifestOptions): readonly Judgement[] {
  const facts = manifestFacts(text, options.file).map((object) => inNamespace(object, options.namespace));
  return judgeAll(options.rules, facts, options.context);
}

function inNamespace(object: ManifestFacts, namespace: string | undefined): ManifestFacts {
  const metadata = object.props.at("metadata");
  if (namespace === undefined || !metadata.at("namespace").absent || !isMap(object.props.value))
    return object;
  const own = isMap(metadata.value) ? metadata.value : {};
  return { ...object, props: new Field({ ...object.props.value, metadata: { ...own, namespace } }) };
}
