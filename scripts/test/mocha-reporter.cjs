"use strict";
const { closeSync, openSync, writeSync } = require("node:fs");
const { relative } = require("node:path");

const MISSING = /\[missing: ([^\]]+)\]/;

/**
 * Writes one JSON line an event, at once, so that a crash or a kill loses nothing that was known, and prints a line a
 * case while the tier runs. Reporter options: `output` (path of the JSON lines), `live` (`cases`, or `failures` for
 * tiers of thousands), `colours` (true or false).
 */
module.exports = class TierReporter {
  constructor(runner, options) {
    const { output, live, colours } = options.reporterOptions ?? options.reporterOption;
    const paint = (code, text) => (colours === "true" ? `\u001b[${code}m${text}\u001b[0m` : text);
    const file = openSync(output, "w");
    const write = (line) => writeSync(file, `${JSON.stringify(line)}\n`);
    const describe = (test) => ({
      title: test.titlePath().join(" › "),
      file: test.file ? relative(process.cwd(), test.file) : "",
      seconds: (test.duration ?? 0) / 1000,
    });

    runner.on("test", (test) => write({ event: "start", ...describe(test) }));
    runner.on("hook", (hook) => write({ event: "start", ...describe(hook) }));
    runner.on("pass", (test) => {
      write({ event: "pass", ...describe(test) });
      if (live === "cases")
        console.log(
          `    ${paint(32, "✓")} ${describe(test).title} ${paint(90, `(${describe(test).seconds.toFixed(1)} s)`)}`,
        );
    });
    runner.on("pending", (test) => {
      const { title } = describe(test);
      const part = MISSING.exec(title)?.[1];
      write({ event: "skip", ...describe(test), ...(part ? { missing: part } : {}) });
      if (live === "cases") console.log(`    ${paint(36, "-")} ${title}`);
    });
    runner.on("fail", (test, error) => {
      const text = error?.stack ?? String(error?.message ?? error);
      write({ event: "fail", ...describe(test), error: text });
      console.log(`    ${paint(31, "✗")} ${describe(test).title}`);
      console.log(text.replaceAll(/^/gm, "      "));
      if (typeof error?.expected === "string" && typeof error?.actual === "string") {
        console.log(
          `      expected: ${error.expected.slice(0, 4000)}\n      actual:   ${error.actual.slice(0, 4000)}`,
        );
      }
    });
    runner.on("end", () => {
      write({ event: "end" });
      closeSync(file);
    });
    endEarlyOnSignal(runner);
  }

  done(failures, finish) {
    finish(failures);
  }
};

/** Mocha dies at once of SIGINT; here the running case ends, no other starts, and the `after` hooks clean up. */
function endEarlyOnSignal(runner) {
  const end = () => {
    runner.abort();
    const running = runner.currentRunnable;
    if (running?.type === "test" && !running.state) {
      running.timeout(1);
      running.resetTimeout();
    }
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
}
