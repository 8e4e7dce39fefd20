// The set-up before anything of npm is there: `npm start` and `npm test` run it first. Plain Node, no packages.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages, missingPackages, silenceServices } from "./apt.mjs";
import { checkMachine, onPath, SetupError } from "./machine.mjs";
import { modulesAreFresh } from "./node-modules.mjs";

/**
 * Runs a step with a line that shows it is alive, and keeps its output for the case that it fails.
 * @param {string} label
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
async function runStep(label, command, args, cwd) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const timer = setInterval(() => console.error(`${label} … ${seconds()} s`), 15_000);
  console.error(`${label} …`);
  /** @type {{code: number | null, output: string}} */
  const end = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => resolve({ code: null, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
  clearInterval(timer);
  if (end.code === 0) return console.error(`${label}: done after ${seconds()} s`);
  throw new SetupError(`${label} failed:\n${end.output.trim().split("\n").slice(-12).join("\n")}`, 1);
}

/**
 * Says what will be installed and why, before the first change.
 * @param {{name: string, why: string}[]} missing
 * @param {boolean} modules
 */
function announce(missing, modules) {
  if (missing.length > 0) {
    console.error("To be installed with apt-get:");
    for (const { name, why } of missing) console.error(`  ${name.padEnd(18)} ${why}`);
  }
  if (modules)
    console.error(
      "To be installed with npm into node_modules: the versions of package-lock.json, without scripts.",
    );
  if (!onPath("pulumi")) {
    console.error(
      "Pulumi is not on PATH: it is taken from the cache, downloaded, or built from Go modules (about seven minutes, once).",
    );
    if (!onPath("go"))
      console.error("Should it have to be built: golang-go from apt, to fetch the pinned Go toolchain with.");
  }
}

/**
 * Checks the machine and brings packages, node_modules and compiled code up to date. Changes nothing that is.
 * @param {string} root
 */
export async function bootstrap(root) {
  checkMachine(root);
  /** @type {{packages: {name: string, why: string, service?: string}[]}} */
  const { packages } = JSON.parse(readFileSync(join(root, "scripts", "packages.json"), "utf8"));
  const missingNames = missingPackages(packages.map(({ name }) => name));
  const staleModules = !modulesAreFresh(root);
  if (missingNames.length > 0 || staleModules) {
    announce(
      packages.filter(({ name }) => missingNames.includes(name)),
      staleModules,
    );
  }
  if (missingNames.length > 0) {
    console.error(`Installing ${missingNames.length} apt packages …`);
    await installPackages(missingNames);
    silenceServices(
      packages.flatMap(({ name, service }) => (service && missingNames.includes(name) ? [service] : [])),
    );
  }
  if (staleModules)
    await runStep("npm ci", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], root);
  await runStep(
    "Compiling",
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"],
    root,
  );
}
