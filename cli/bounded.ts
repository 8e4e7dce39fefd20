import { Failure } from "./failure";

/** The number of an option. Throws a `Failure` unless the text is a whole number from 1 to a limit. */
export function bounded(option: string, text: string, limit: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw new Failure("usage", `${option} ${text} is no whole number from 1 to ${String(limit)}; correct it.`);
}
