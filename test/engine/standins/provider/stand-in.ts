import type { EngineLog } from "./engine-log";
import type { Property, PropertyMap } from "./property";

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface Checked {
  inputs: PropertyMap;
  failures: CheckFailure[];
}

export type DiffKind = "add" | "update" | "delete";

export interface PropertyChange {
  kind: DiffKind;
  replace: boolean;
}

/** What changed between the old and the new inputs, by property path (`a.b[0]`). */
export interface Difference {
  changes: boolean;
  detailed: Record<string, PropertyChange>;
  deleteBeforeReplace?: boolean;
  /** Bridged providers tell the engine only the names of the changed properties, no kinds and paths. */
  namesOnly?: boolean;
}

export interface ResourceCall {
  urn: string;
  /** The type token, such as `command:remote:Command`. */
  type: string;
  /** The logical name of the resource. */
  name: string;
  log: EngineLog;
  /** Aborted when the engine cancels the operation. */
  cancelled: AbortSignal;
}

export interface CheckCall extends ResourceCall {
  oldInputs: PropertyMap;
  inputs: PropertyMap;
  randomSeed: Uint8Array;
}

export interface DiffCall extends ResourceCall {
  id: string;
  oldInputs: PropertyMap;
  state: PropertyMap;
  inputs: PropertyMap;
}

export interface CreateCall extends ResourceCall {
  inputs: PropertyMap;
  preview: boolean;
}

export interface UpdateCall extends DiffCall {
  preview: boolean;
}

export interface ReadCall extends ResourceCall {
  id: string;
  state: PropertyMap;
  inputs: PropertyMap;
}

export interface DeleteCall extends ResourceCall {
  id: string;
  state: PropertyMap;
}

export interface InvokeCall {
  token: string;
  args: PropertyMap;
  log: EngineLog;
  cancelled: AbortSignal;
}

/** One resource type of a stand-in. All property values are still in their secret envelopes. */
export interface ResourceKind {
  check(call: CheckCall): Checked | Promise<Checked>;
  diff(call: DiffCall): Difference;
  create(call: CreateCall): Promise<{ id: string; outputs: PropertyMap }>;
  update(call: UpdateCall): Promise<PropertyMap>;
  /** Left out: a refresh returns the state as it is. */
  read?(call: ReadCall): Promise<{ id: string; state: PropertyMap; inputs: PropertyMap } | undefined>;
  delete(call: DeleteCall): Promise<void>;
  /** Hosts that the resource would reach; each must be an nspawn node. */
  hosts?(inputs: PropertyMap): string[];
}

/** A provider of this project that takes the place of an official one where that cannot be installed. */
export interface StandIn {
  /** The package name, such as `command`. */
  name: string;
  /** The version of the official provider whose behaviour this one reproduces. */
  version: string;
  kind(type: string): ResourceKind | undefined;
  invoke?(call: InvokeCall): Promise<{ outputs: PropertyMap; failures: CheckFailure[] }>;
  /** The configuration of an explicit provider resource; left out: anything is accepted as it is. */
  checkConfig?(inputs: PropertyMap): Checked;
  diffConfig?(call: { oldInputs: PropertyMap; state: PropertyMap; inputs: PropertyMap }): Difference;
  configure?(variables: Record<string, string>, args: Property): void;
}
