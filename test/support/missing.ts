import type { Context } from "mocha";

/** Skips the running test (or, from a `before` hook, its suite) and names the part this machine lacks. */
export function missing(context: Context, part: string): never {
  const test = context.test ?? context.currentTest;
  if (test) test.title = `${test.title} [missing: ${part}]`;
  return context.skip();
}
