import type { Context, Hook, Suite, Test } from "mocha";

/**
 * Skips the running test (or, from a `before` hook, its suite; from a `beforeEach` hook, the test it prepares)
 * and names the part this machine lacks, so that the report can say why nothing was proved.
 */
export function missing(context: Context, part: string): never {
  const running = context.test;
  for (const test of running ? skippedWith(running, context) : [])
    test.title = `${test.title} [missing: ${part}]`;
  return context.skip();
}

function skippedWith(running: NonNullable<Context["test"]>, context: Context): Test[] {
  const runnable = running as Test | Hook;
  if (runnable.type === "test") return [runnable];
  if (!runnable.title.startsWith('"before all"')) return context.currentTest ? [context.currentTest] : [];
  const tests: Test[] = [];
  const collect = (suite: Suite): void => {
    tests.push(...suite.tests);
    suite.suites.forEach(collect);
  };
  if (runnable.parent) collect(runnable.parent);
  return tests;
}
