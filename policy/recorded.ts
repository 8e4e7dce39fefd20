import { type HiddenOptions, type ResourceFacts, type ResourceOptions, parentTypesOf } from "./facts";
import { Field, type Value } from "./field";

/** A resource as a test records it: everything the program said, the options that CrossGuard hides included. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  /** Default: one made of parents, type and name. */
  readonly urn?: string;
  /** Types of the components around it, outermost first. Default none. */
  readonly parents?: readonly string[];
  readonly props: Value;
  readonly options?: Partial<ResourceOptions>;
  readonly hidden?: Partial<HiddenOptions>;
  /** URNs or names of what it depends on. */
  readonly dependencies?: readonly string[];
}

/** Recorded resources as rules see them, dependencies by URN. */
export function recordedFacts(records: readonly RecordedResource[]): readonly ResourceFacts[] {
  const urns = new Map(records.map((record) => [record.name, urnOf(record)]));
  return records.map((record) => {
    const urn = urnOf(record);
    return {
      type: record.type,
      name: record.name,
      urn,
      parentTypes: record.parents ?? parentTypesOf(urn),
      props: new Field(record.props),
      options: {
        protect: false,
        ignoreChanges: [],
        additionalSecretOutputs: [],
        aliases: [],
        ...record.options,
      },
      hidden: { replaceOnChanges: [], hooks: [], ...record.hidden },
      dependencies: (record.dependencies ?? []).map((name) => urns.get(name) ?? name),
    };
  });
}

function urnOf({ urn, parents = [], type, name }: RecordedResource): string {
  return urn ?? `urn:pulumi:recorded::ebpf-platform::${[...parents, type].join("$")}::${name}`;
}
