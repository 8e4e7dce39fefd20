/** The outputs of a stack without those that it does not have: the engine warns of each that is undefined. */
export function stackOutputs(outputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}
