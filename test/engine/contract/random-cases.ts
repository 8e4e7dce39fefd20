import assert from "node:assert/strict";
import { secret, type CustomResource } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ContractCase } from "./case.js";

const textDefaults = { lower: true, upper: true, special: true, numeric: true, number: true, minLower: 0 };

/** Fails unless the text has the length and for each pattern at least that many characters. */
function text(length: number, atLeast: [RegExp, number][]): (value: unknown) => void {
  return (value) => {
    assert.equal(typeof value, "string");
    assert.equal(String(value).length, length);
    for (const [pattern, count] of atLeast) {
      assert.ok(
        (String(value).match(pattern) ?? []).length >= count,
        `${String(value)} against ${String(pattern)}`,
      );
    }
  };
}

export const randomCases: ContractCase[] = [
  {
    name: "password",
    rounds: [
      {
        make: (name) => new random.RandomPassword(name, { length: 20, keepers: { version: "1" } }),
        operation: "create",
        outputs: { id: "none", result: text(20, []), bcryptHash: /^\$2a\$10\$.{53}$/, ...textDefaults },
        secret: ["result", "bcryptHash"],
        clear: ["length", "keepers", "lower"],
        known: ["length", "lower", "minUpper", "numeric", "keepers"],
        unknown: ["result", "bcryptHash", "id"],
      },
      {
        // A default that is written out is no change.
        make: (name) =>
          new random.RandomPassword(name, { length: 20, special: true, keepers: { version: "1" } }),
        operation: "same",
      },
      {
        make: (name) =>
          new random.RandomPassword(name, { length: 20, special: true, keepers: { version: "2" } }),
        operation: "replace",
        changed: ["keepers"],
      },
    ],
  },
  {
    name: "password of classes",
    rounds: [
      {
        make: (name) =>
          new random.RandomPassword(name, {
            length: 12,
            overrideSpecial: "_",
            minSpecial: 3,
            minNumeric: 4,
            minUpper: 2,
            lower: false,
          }),
        outputs: {
          result: text(12, [
            [/[_A-Z0-9]/g, 12],
            [/_/g, 3],
            [/\d/g, 4],
            [/[A-Z]/g, 2],
          ]),
        },
      },
    ],
  },
  {
    name: "random string",
    rounds: [
      {
        make: (name) => new random.RandomString(name, { length: 9, special: false, upper: false }),
        outputs: { result: /^[a-z0-9]{9}$/, id: /^[a-z0-9]{9}$/, special: false, minNumeric: 0 },
        clear: ["result"],
      },
      {
        make: (name) => new random.RandomString(name, { length: 10, special: false, upper: false }),
        operation: "replace",
        changed: ["length"],
        outputs: { result: /^[a-z0-9]{10}$/ },
      },
    ],
  },
  {
    name: "string with a minimum of a class that is off",
    rounds: [
      {
        make: (name) => new random.RandomString(name, { length: 5, numeric: false, minNumeric: 2 }),
        outputs: { result: text(5, [[/\d/g, 2]]), numeric: false, number: false },
      },
    ],
  },
  {
    name: "id",
    rounds: [
      {
        make: (name) =>
          new random.RandomId(name, { byteLength: 4, prefix: "p-", keepers: { n: secret("one") } }),
        outputs: {
          hex: /^p-[0-9a-f]{8}$/,
          dec: /^p-\d+$/,
          b64Url: /^p-[\w-]{6}$/,
          b64Std: /^p-.{6}==$/,
          id: /^[\w-]{6}$/,
        },
        secret: ["keepers"],
        clear: ["hex", "dec"],
      },
      {
        make: (name) => new random.RandomId(name, { byteLength: 4, keepers: { n: secret("one") } }),
        operation: "replace",
        changed: ["prefix"],
      },
    ],
  },
  {
    name: "bytes",
    rounds: [
      {
        make: (name) => new random.RandomBytes(name, { length: 6 }),
        outputs: { base64: /^.{8}$/, hex: /^[0-9a-f]{12}$/, id: /^.{8}$/ },
        secret: ["base64", "hex"],
        clear: ["length"],
      },
    ],
  },
  {
    name: "integer",
    rounds: [
      {
        make: (name) => new random.RandomInteger(name, { min: 3, max: 3 }),
        outputs: { result: 3, id: "3" },
      },
      {
        make: (name) => new random.RandomInteger(name, { min: -2, max: -2, seed: "seed" }),
        operation: "replace",
        outputs: { result: -2, seed: "seed" },
      },
    ],
  },
  {
    name: "pet",
    rounds: [
      {
        make: (name) => new random.RandomPet(name, {}),
        outputs: { id: /^[a-z]+-[a-z]+$/, length: 2, separator: "-" },
        known: ["length", "separator"],
        unknown: ["id"],
      },
      {
        make: (name) => new random.RandomPet(name, { length: 3, prefix: secret("lab"), separator: "_" }),
        operation: "replace",
        changed: ["length", "prefix", "separator"],
        outputs: { id: /^lab_[a-z]+_[a-z]+_[a-z]+$/ },
        secret: ["prefix"],
      },
    ],
  },
  {
    name: "uuid",
    rounds: [
      {
        make: (name) => new random.RandomUuid(name, {}),
        outputs: { result: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/ },
      },
      {
        make: (name) => new random.RandomUuid(name, { keepers: { n: "1" } }),
        operation: "replace",
      },
      {
        make: (name) => new random.RandomUuid(name, { keepers: { n: "1" } }),
        operation: "same",
      },
    ],
  },
  {
    name: "uuid 4",
    rounds: [
      {
        make: (name) => new random.RandomUuid4(name, {}),
        outputs: { result: /^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/ },
      },
    ],
  },
  {
    name: "uuid 7",
    rounds: [
      {
        make: (name) => new random.RandomUuid7(name, {}),
        outputs: { result: /^.{8}-.{4}-7.{3}-[89ab].{3}-.{12}$/ },
      },
    ],
  },
  {
    name: "shuffle",
    rounds: [
      {
        make: (name) =>
          new random.RandomShuffle(name, { inputs: ["a", "b", "c"], resultCount: 5, seed: "s" }),
        outputs: {
          id: "-",
          results: (value: unknown) => {
            assert.ok(Array.isArray(value));
            assert.equal(value.length, 5);
            const first = value.slice(0, 3) as unknown[];
            assert.deepEqual(first.sort(), ["a", "b", "c"]);
          },
        },
      },
      {
        make: (name) => new random.RandomShuffle(name, { inputs: ["a", "b"], seed: "s" }),
        operation: "replace",
        changed: ["inputs", "resultCount"],
      },
    ],
  },
];

function failing(name: string, make: (name: string) => CustomResource, error: string): ContractCase {
  return { name, rounds: [{ make, error }] };
}

export const randomFailures: ContractCase[] = [
  failing(
    "integer without a range",
    (name) => new random.RandomInteger(name, { min: 5, max: 1 }),
    "The minimum (minVal) value needs to be smaller than or equal to maximum (maxVal) value.",
  ),
];
