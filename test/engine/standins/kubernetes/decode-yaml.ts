import { parseAllDocuments } from "yaml";
import { isObject, type Property, type PropertyMap } from "../provider/property";
import { factsOf, isNamespaced, metadataOf } from "./object";

/** The objects of a YAML text, which the SDK's `ConfigFile` and `ConfigGroup` make resources of. */
export function decodeYaml(args: PropertyMap): PropertyMap {
  const { text, defaultNamespace } = args;
  if (typeof text !== "string") throw new Error("missing required field 'text' of type string");
  const result = parseAllDocuments(text).flatMap((document): Property[] => {
    const [problem] = document.errors;
    if (problem) throw problem;
    const object = document.toJS() as Property;
    return isObject(object) && complete(object) ? [withNamespace(object, defaultNamespace)] : [];
  });
  return { result };
}

/** Manifests may hold documents without an object, such as a comment. */
function complete(object: PropertyMap): boolean {
  const { apiVersion, kind } = factsOf(object);
  return apiVersion !== "" && kind !== "";
}

function withNamespace(object: PropertyMap, namespace: Property | undefined): PropertyMap {
  const facts = factsOf(object);
  if (typeof namespace !== "string" || namespace === "" || facts.namespace !== undefined) return object;
  return isNamespaced(facts) ? { ...object, metadata: { ...metadataOf(object), namespace } } : object;
}
