import {
  containsUnknown,
  isObject,
  isSecret,
  isUnknown,
  reveal,
  revealMap,
  secret,
  UNKNOWN,
  type Property,
  type PropertyMap,
} from "./property";
import { difference } from "./difference";
import type { ResourceKind } from "./stand-in";

export interface BridgedInput {
  type: "string" | "number" | "boolean" | "strings" | "map" | "object";
  /** What an input that is not given counts as; it then stands among the outputs. */
  default?: Property;
  secret?: boolean;
  /** False: a change of this input alone keeps the resource. */
  replaces?: boolean;
  /** What a warning says when the input is used. */
  deprecated?: string;
}

/**
 * A resource type of an official provider that is a bridged Terraform provider: it never changes in place what it
 * made; outputs are the inputs, the defaults of those not given, and what is made.
 */
export interface BridgedType {
  inputs: Record<string, BridgedInput>;
  /** Outputs that are made, with what is secret among them. */
  makes: Record<string, { secret?: boolean }>;
  /** The official provider names all that it makes among the changes of a replacement. */
  namesWhatItMakes?: boolean;
  /** Problems of the inputs, as `[input, summary, detail]`; unknown inputs are left out. */
  problems?(inputs: PropertyMap): [input: string, summary: string, detail: string][];
  /** Inputs with everything that follows from them before anything is made; throws where they contradict. */
  complete?(inputs: PropertyMap): PropertyMap;
  make(inputs: PropertyMap): Promise<{ id: string; outputs: PropertyMap }>;
  /** A reason to make the resource anew although no input has changed. */
  expired?(state: PropertyMap): string | undefined;
  /** Outputs that follow from the clock, brought up to date by a refresh. */
  refreshed?(state: PropertyMap): PropertyMap;
}

export function bridgedKind(type: BridgedType): ResourceKind {
  const planned = (inputs: PropertyMap): PropertyMap => plan(type, inputs);
  return {
    async check({ inputs: given, name, log }) {
      for (const [key, { deprecated }] of Object.entries(type.inputs)) {
        if (deprecated === undefined || !(key in given)) continue;
        await log.line("warning", `[WARNING] property "${key}" is deprecated: ${deprecated}`);
      }
      const inputs = Object.fromEntries(
        Object.entries(given)
          .filter(([key]) => !key.startsWith("__"))
          .map(([key, value]) => [key, checkInput(key, type.inputs[key], value)]),
      );
      const known = Object.entries(revealMap(inputs)).filter(([, value]) => !containsUnknown(value));
      const problems = type.problems?.(Object.fromEntries(known)) ?? [];
      const failures = problems.map(([input, summary, detail]) => {
        const where = input === "" ? "" : ` Examine values at '${name}.${input}'.`;
        return { property: "", reason: `${summary}. ${detail}.${where}` };
      });
      return { inputs, failures };
    },

    diff({ oldInputs, inputs, state }) {
      // Terraform knows no secret values, only secret properties.
      const found = difference(revealMap(planned(oldInputs)), revealMap(planned(inputs)), (path) => {
        const input = path.split(/[.[]/)[0] ?? path;
        return type.inputs[input]?.replaces !== false;
      });
      if (found.changes && type.namesWhatItMakes === true) {
        for (const name of ["id", ...Object.keys(type.makes)]) {
          found.detailed[name] = { kind: "update", replace: false };
        }
      }
      const expired = type.expired?.(revealMap(state));
      if (expired === undefined) return { ...found, namesOnly: true };
      return {
        changes: true,
        namesOnly: true,
        detailed: { ...found.detailed, [expired]: { kind: "update", replace: true } },
      };
    },

    async create({ inputs, preview }) {
      const plain = planned(inputs);
      if (preview) return { id: "", outputs: { ...plain, ...unknownOutputs(type) } };
      const { id, outputs } = await type.make(revealMap(plain));
      for (const [key, value] of Object.entries(outputs)) {
        plain[key] = type.makes[key]?.secret === true ? secret(value) : value;
      }
      return { id, outputs: plain };
    },

    update: ({ inputs, state }) => Promise.resolve({ ...made(type, state), ...planned(inputs) }),

    read: ({ id, state, inputs }) =>
      Promise.resolve({ id, inputs, state: { ...state, ...type.refreshed?.(revealMap(state)) } }),

    delete: () => Promise.resolve(),
  };
}

function plan(type: BridgedType, inputs: PropertyMap): PropertyMap {
  const defaults = Object.entries(type.inputs).flatMap(([key, input]) =>
    input.default === undefined ? [] : [[key, input.default] as const],
  );
  const values: PropertyMap = { ...Object.fromEntries(defaults), ...inputs };
  return type.complete?.(values) ?? values;
}

function made(type: BridgedType, state: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(state).filter(([key]) => key === "id" || key in type.makes));
}

function unknownOutputs(type: BridgedType): PropertyMap {
  return Object.fromEntries(["id", ...Object.keys(type.makes)].map((key) => [key, UNKNOWN]));
}

function checkInput(key: string, input: BridgedInput | undefined, value: Property): Property {
  if (isSecret(value)) return secret(checkInput(key, input, value.value));
  const checked = input ? fitted(key, input, value) : value;
  return input?.secret === true ? secret(checked) : checked;
}

/** Terraform's own conversions: numbers and booleans become texts where a text is wanted, not the other way round. */
function fitted(key: string, input: BridgedInput, value: Property): Property {
  if (isUnknown(value)) return value;
  switch (input.type) {
    case "string":
      return text(value);
    case "number":
      if (typeof value === "number") return value;
      if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
        return Number(value);
      throw new Error(cannotEncode(key, `Expected a Number, got ${goValue(value)} true`));
    case "boolean":
      if (typeof value === "boolean") return value;
      throw new Error(cannotEncode(key, "Expected a Boolean"));
    case "strings":
      if (Array.isArray(value)) return value.map(text);
      throw new Error(cannotEncode(key, `Expected an Array PropertyValue`));
    case "map":
      if (isObject(value)) {
        return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, text(item)]));
      }
      throw new Error(
        cannotEncode(
          key,
          `Expected an Object PropertyValue, found ${typeof value} ("{${JSON.stringify(value).replaceAll('"', "")}}")`,
        ),
      );
    case "object":
      return value;
  }
}

function text(value: Property): Property {
  if (isSecret(value)) return secret(text(value.value));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function cannotEncode(key: string, problem: string): string {
  return `cannot encode resource inputs to call ValidateResourceConfig: objectEncoder failed on property "${key}": ${problem}`;
}

function goValue(value: Property): string {
  return `resource.PropertyValue{V:${JSON.stringify(reveal(value))}}`;
}
