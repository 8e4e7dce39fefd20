import type { PolicyResource, PolicyResourceOptions, ResourceValidationArgs } from "@pulumi/policy";
import { type ResourceFacts, type ResourceOptions, parentTypesOf } from "./facts";
import { Field, isMap } from "./field";
import { readValue } from "./read-value";

/**
 * A resource that is about to be created or changed, with its inputs. CrossGuard unpacks a request anew for every policy;
 * the list of aliases is the request's own each time, so that the facts are read once for all rules.
 */
export function resourceFacts(args: ResourceValidationArgs): Promise<ResourceFacts> {
  const known = read.get(args.opts.aliases);
  if (known !== undefined) return known;
  const facts = readFacts(args);
  read.set(args.opts.aliases, facts);
  inputs.set(args.urn, facts);
  return facts;
}

const read = new WeakMap<object, Promise<ResourceFacts>>();

/** Inputs of this preview or update by URN. */
const inputs = new Map<string, Promise<ResourceFacts>>();

/** The same, read anew: between two remedies of one request the inputs change. */
export async function readFacts(args: ResourceValidationArgs): Promise<ResourceFacts> {
  return {
    type: args.type,
    name: args.name,
    urn: args.urn,
    parentTypes: parentTypesOf(args.urn),
    props: new Field(await readValue(args.props)),
    options: optionsOf(args.opts),
    ...(args.provider === undefined ? {} : { provider: await providerFacts(args.provider) }),
  };
}

/**
 * A resource at the end of a preview or an update, with its outputs over its inputs and its dependencies. The engine shows
 * outputs only: a component's are few, and while the configuration of a provider is unknown (the kubeconfig of a cluster
 * that this very stack makes) there are none. The inputs were judged earlier in the same run.
 */
export async function stackResourceFacts(resource: PolicyResource): Promise<ResourceFacts> {
  const { type, name, urn } = resource;
  const outputs = await readValue(resource.props);
  const judged = (await inputs.get(urn))?.props.value;
  const props = isMap(outputs) && isMap(judged) ? { ...judged, ...outputs } : outputs;
  return {
    type,
    name,
    urn,
    parentTypes: parentTypesOf(urn),
    props: new Field(props),
    options: optionsOf(resource.opts),
    dependencies: resource.dependencies.map((dependency) => dependency.urn),
    ...(resource.provider === undefined ? {} : { provider: await providerFacts(resource.provider) }),
  };
}

async function providerFacts(
  provider: NonNullable<ResourceValidationArgs["provider"]>,
): Promise<NonNullable<ResourceFacts["provider"]>> {
  return { type: provider.type, name: provider.name, props: new Field(await readValue(provider.props)) };
}

function optionsOf(options: PolicyResourceOptions): ResourceOptions {
  return {
    protect: options.protect,
    ignoreChanges: options.ignoreChanges,
    additionalSecretOutputs: options.additionalSecretOutputs,
    aliases: options.aliases,
    ...(options.deleteBeforeReplace === undefined
      ? {}
      : { deleteBeforeReplace: options.deleteBeforeReplace }),
  };
}
