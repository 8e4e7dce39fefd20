import { hash } from "bcryptjs";
import { z } from "zod";
import type { BridgedInput, BridgedType } from "../provider/bridged";
import type { PropertyMap } from "../provider/property";
import { keepers } from "./keepers";
import { randomText } from "./text";

const on: BridgedInput = { type: "boolean", default: true };
const none: BridgedInput = { type: "number", default: 0 };

const inputs: Record<string, BridgedInput> = {
  keepers,
  length: { type: "number" },
  special: on,
  upper: on,
  lower: on,
  number: { type: "boolean", deprecated: "**NOTE**: This is deprecated, use `numeric` instead." },
  numeric: { type: "boolean" },
  minNumeric: none,
  minUpper: none,
  minLower: none,
  minSpecial: none,
  overrideSpecial: { type: "string" },
};

const rulesSchema = z.object({
  length: z.number(),
  upper: z.boolean(),
  lower: z.boolean(),
  numeric: z.boolean(),
  special: z.boolean(),
  minUpper: z.number(),
  minLower: z.number(),
  minNumeric: z.number(),
  minSpecial: z.number(),
  overrideSpecial: z.string().optional(),
});

/** `number` is the old name of `numeric`: each follows the other, and both are on if neither is given. */
function complete(values: PropertyMap): PropertyMap {
  if (values.number !== undefined && values.numeric !== undefined && values.number !== values.numeric) {
    const problem = "Number and numeric are both configured with different values";
    throw new Error(`1 error occurred:\n\t* : ${problem} - Number is deprecated, use numeric instead\n\n`);
  }
  const numeric = values.numeric ?? values.number ?? true;
  return { ...values, numeric, number: values.number ?? numeric };
}

function problems(values: PropertyMap): [string, string, string][] {
  const found: [string, string, string][] = [];
  const length = values.length;
  const minimums = ["minUpper", "minLower", "minNumeric", "minSpecial"].map((key) =>
    Number(values[key] ?? 0),
  );
  const sum = minimums.reduce((total, minimum) => total + minimum, 0);
  if (typeof length === "number" && length < 1) {
    found.push(["length", INVALID, `Attribute length value must be at least 1, got: ${String(length)}`]);
  }
  if (typeof length === "number" && length < sum) {
    const names = "min_upper + min_lower + min_numeric + min_special";
    found.push([
      "length",
      INVALID,
      `Attribute length value must be at least sum of ${names}, got: ${String(length)}`,
    ]);
  }
  for (const key of ["number", "numeric"]) {
    if ([values[key], values.special, values.upper, values.lower].every((value) => value === false)) {
      const detail = `At least one attribute out of [special,upper,lower,${key}] must be specified as true`;
      found.push([key, "Invalid Attribute Combination", detail]);
    }
  }
  return found;
}

const INVALID = "Invalid Attribute Value";

// The cost that Go's bcrypt.DefaultCost names.
const BCRYPT_COST = 10;

export const randomString: BridgedType = {
  inputs,
  makes: { result: {} },
  problems,
  complete,
  make(values) {
    const result = randomText(rulesSchema.parse(values));
    return Promise.resolve({ id: result, outputs: { id: result, result } });
  },
};

export const randomPassword: BridgedType = {
  ...randomString,
  makes: { result: { secret: true }, bcryptHash: { secret: true } },
  async make(values) {
    const result = randomText(rulesSchema.parse(values));
    // bcrypt reads 72 bytes; the official provider cuts there too instead of failing.
    const bcryptHash = await hash(Buffer.from(result).subarray(0, 72).toString("utf8"), BCRYPT_COST);
    return { id: "none", outputs: { id: "none", result, bcryptHash: bcryptHash.replace(/^\$2b\$/, "$2a$") } };
  },
};
