import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { difference } from "../provider/difference";
import {
  containsSecret,
  containsUnknown,
  isObject,
  isSecret,
  reveal,
  revealMap,
  secret,
  uniqueHex,
  type Property,
  type PropertyMap,
} from "../provider/property";
import type { CheckCall, Difference, ResourceKind } from "../provider/stand-in";
import { AUTONAMED, factsOf, idOf, isAutonamed, isNamespaced, metadataOf } from "./object";
import type { ProviderConfig } from "./provider-config";
import { needsReplacement } from "./replacing-fields";
import { problemsOf } from "./validate";

/** Any Kubernetes object: checked as far as that goes without an API server, named, and recorded in the state. */
export function objectKind(token: string, config: () => ProviderConfig): ResourceKind {
  return {
    check(call) {
      refuseLists(token);
      if (metadataOf(call.inputs).generateName !== undefined && factsOf(call.inputs).name === undefined) {
        throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
      }
      const inputs = encoded(withNamespace(named(call), config()));
      return { inputs, failures: problemsOf(token, inputs) };
    },

    diff: ({ oldInputs, inputs }) => diffObjects(oldInputs, inputs, config()),

    create: ({ inputs, preview }) => {
      if (preview) return Promise.resolve({ id: "", outputs: inputs });
      render(inputs, config());
      return Promise.resolve({ id: idOf(inputs), outputs: recorded(inputs) });
    },

    update: ({ inputs, state, preview }) => {
      if (preview) return Promise.resolve(inputs);
      render(inputs, config());
      return Promise.resolve(recorded(inputs, state));
    },

    delete: ({ state }) => {
      const file = renderedFile(state, config());
      if (file !== undefined) rmSync(file, { force: true });
      return Promise.resolve();
    },
  };
}

function refuseLists(token: string): void {
  if (!/:v1:List$|^kubernetes:.*[a-z]List$/.test(token)) return;
  throw new Error(
    "list resources exist for compatibility with YAML manifests and Helm charts, " +
      "and cannot be created directly. Use the underlying resource type instead",
  );
}

/** The object with a name: the given one, the one that it was given before, or a new one from the logical name. */
function named({ name, oldInputs, inputs, randomSeed }: CheckCall): PropertyMap {
  if (factsOf(inputs).name !== undefined) return inputs;
  const old = factsOf(oldInputs).name;
  if (old !== undefined && !isAutonamed(oldInputs)) return inputs;
  return withMetadata(inputs, {
    name: old ?? `${name}-${suffix(randomSeed)}`,
    annotations: { ...annotationsOf(inputs), [AUTONAMED]: "true" },
  });
}

/** The same in a preview and in the update after it, if the engine gives both the same seed. */
function suffix(seed: Uint8Array): string {
  return seed.length === 0 ? uniqueHex("") : createHash("sha256").update(seed).digest("hex").slice(0, 8);
}

function withNamespace(inputs: PropertyMap, { namespace }: ProviderConfig): PropertyMap {
  const facts = factsOf(inputs);
  if (namespace === undefined || facts.namespace !== undefined || !isNamespaced(facts)) return inputs;
  return withMetadata(inputs, { namespace });
}

function withMetadata(inputs: PropertyMap, more: PropertyMap): PropertyMap {
  const metadata = { ...metadataOf(inputs), ...more };
  return { ...inputs, metadata: isSecret(inputs.metadata) ? secret(metadata) : metadata };
}

function annotationsOf(inputs: PropertyMap): PropertyMap {
  const annotations = metadataOf(inputs).annotations;
  return isObject(annotations) ? annotations : {};
}

function diffObjects(oldInputs: PropertyMap, inputs: PropertyMap, config: ProviderConfig): Difference {
  const found = difference(revealMap(oldInputs), revealMap(inputs), needsReplacement(inputs, config));
  const [old, now] = [factsOf(oldInputs), factsOf(inputs)];
  const replaced = Object.values(found.detailed).some(({ replace }) => replace);
  // Two objects cannot have one name: the old one goes first, unless the provider chose the name.
  const deleteBeforeReplace =
    replaced && !isAutonamed(inputs) && old.name === now.name && old.namespace === now.namespace;
  return { ...found, deleteBeforeReplace };
}

/** The texts of a Secret as the data that an API server makes of them; unknown ones are left for later. */
function encoded(inputs: PropertyMap): PropertyMap {
  const { kind, apiVersion } = factsOf(inputs);
  const texts = reveal(inputs.stringData ?? null);
  if (kind !== "Secret" || apiVersion !== "v1" || !isObject(texts) || containsUnknown(inputs)) return inputs;
  const { stringData, data, ...rest } = inputs;
  const old = reveal(data ?? null);
  const fromTexts = Object.entries(texts).map(([key, value]): [string, Property] => [
    key,
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64"),
  ]);
  const all = { ...(isObject(old) ? old : {}), ...Object.fromEntries(fromTexts) };
  return { ...rest, data: containsSecret(stringData) || containsSecret(data) ? secret(all) : all };
}

/** The state as the official provider writes it, so that either can go on from the other's. */
function recorded(inputs: PropertyMap, state: PropertyMap = {}): PropertyMap {
  return {
    ...inputs,
    __inputs: inputs,
    __initialApiVersion: factsOf(inputs).apiVersion,
    __fieldManager: state.__fieldManager ?? uniqueHex("pulumi-kubernetes-"),
  };
}

function render(inputs: PropertyMap, config: ProviderConfig): void {
  const file = renderedFile(inputs, config);
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify(revealMap(inputs)), { mode: 0o600 });
}

/** Where `renderYamlToDirectory` puts the object: definitions apart from the rest, to be applied first. */
function renderedFile(object: PropertyMap, { renderYamlToDirectory }: ProviderConfig): string | undefined {
  if (renderYamlToDirectory === undefined) return undefined;
  const { apiVersion, kind, namespace = "default", name = "" } = factsOf(object);
  const folder = kind === "CustomResourceDefinition" ? "0-crd" : "1-manifest";
  const group = apiVersion.replaceAll(/[/:]/g, "_");
  return join(renderYamlToDirectory, folder, `${group}-${kind.toLowerCase()}-${namespace}-${name}.yaml`);
}
