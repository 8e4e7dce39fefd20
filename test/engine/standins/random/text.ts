import { drawFrom, permutation } from "./draw";

const NUMERIC = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

export interface TextRules {
  length: number;
  upper: boolean;
  lower: boolean;
  numeric: boolean;
  special: boolean;
  minUpper: number;
  minLower: number;
  minNumeric: number;
  minSpecial: number;
  overrideSpecial?: string | undefined;
}

/** A random text; a minimum counts even for a class of characters that is switched off, as in the official one. */
export function randomText(rules: TextRules): string {
  const draw = drawFrom(undefined);
  const special =
    rules.overrideSpecial === undefined || rules.overrideSpecial === "" ? SPECIAL : rules.overrideSpecial;
  const classes: [boolean, number, string][] = [
    [rules.upper, rules.minUpper, UPPER],
    [rules.lower, rules.minLower, LOWER],
    [rules.numeric, rules.minNumeric, NUMERIC],
    [rules.special, rules.minSpecial, special],
  ];
  const pick = (alphabet: string, count: number) => {
    const characters = Array.from(alphabet);
    return Array.from({ length: count }, () => characters[draw(characters.length)] ?? "");
  };
  const wanted = classes.flatMap(([, minimum, alphabet]) => pick(alphabet, minimum));
  const all = classes.map(([used, , alphabet]) => (used ? alphabet : "")).join("");
  const result = [...wanted, ...pick(all, rules.length - wanted.length)];
  return permutation(result.length, draw)
    .map((index) => result[index] ?? "")
    .join("");
}
