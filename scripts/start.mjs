// `npm start`: the set-up, then `platform up lab`. `npm test` runs it with --set-up-only first.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bootstrap } from "./bootstrap.mjs";
import { SetupError } from "./machine.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs `platform` and ends as it ends. A Ctrl-C reaches it by the terminal; this process waits for its end.
 * @param {string[]} args
 */
function platform(args) {
  const child = spawn(process.execPath, [join(root, "cli", "platform.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.on("SIGINT", () => console.error("Waiting for platform to end."));
  for (const name of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(name, () => child.kill(name));
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

try {
  const [option, ...rest] = process.argv.slice(2);
  if (option !== undefined && (option !== "--set-up-only" || rest.length > 0)) {
    throw new SetupError(
      `\`npm start\` takes no arguments, but got ${option}; \`npx platform --help\` shows the commands.`,
      2,
    );
  }
  await bootstrap(root);
  process.exitCode = await platform(option === "--set-up-only" ? ["engine"] : ["up", "lab"]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.status;
}
