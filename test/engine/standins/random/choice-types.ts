import { z } from "zod";
import type { BridgedType } from "../provider/bridged";
import { drawFrom, permutation } from "./draw";
import { keepers } from "./keepers";
import { petName } from "./pet-names";

const integerSchema = z.object({ min: z.number().int(), max: z.number().int(), seed: z.string().optional() });

export const randomInteger: BridgedType = {
  inputs: { keepers, min: { type: "number" }, max: { type: "number" }, seed: { type: "string" } },
  makes: { result: {} },
  make(values) {
    const { min, max, seed } = integerSchema.parse(values);
    if (max < min) {
      const detail =
        "The minimum (minVal) value needs to be smaller than or equal to maximum (maxVal) value.";
      return Promise.reject(new Error(`Create Random Integer Error: ${detail}`));
    }
    const result = min + drawFrom(seed)(max - min + 1);
    return Promise.resolve({ id: String(result), outputs: { id: String(result), result } });
  },
};

const petSchema = z.object({
  length: z.number().int(),
  separator: z.string(),
  prefix: z.string().default(""),
});

export const randomPet: BridgedType = {
  inputs: {
    keepers,
    length: { type: "number", default: 2 },
    prefix: { type: "string" },
    separator: { type: "string", default: "-" },
  },
  makes: {},
  make(values) {
    const { length, separator, prefix } = petSchema.parse(values);
    const name = petName(length, separator);
    const id = prefix === "" ? name : `${prefix}${separator}${name}`;
    return Promise.resolve({ id, outputs: { id } });
  },
};

const shuffleSchema = z.object({
  inputs: z.array(z.string()),
  resultCount: z.number().int().optional(),
  seed: z.string().optional(),
});

export const randomShuffle: BridgedType = {
  inputs: { keepers, inputs: { type: "strings" }, resultCount: { type: "number" }, seed: { type: "string" } },
  makes: { results: {} },
  make(values) {
    const { inputs, resultCount = inputs.length, seed } = shuffleSchema.parse(values);
    const draw = drawFrom(seed);
    const results: string[] = [];
    while (inputs.length > 0 && results.length < resultCount) {
      results.push(...permutation(inputs.length, draw).map((index) => inputs[index] ?? ""));
    }
    return Promise.resolve({ id: "-", outputs: { id: "-", results: results.slice(0, resultCount) } });
  },
};
