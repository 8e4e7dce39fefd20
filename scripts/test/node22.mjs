import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { runBounded } from "./bounded-process.mjs";

const LIMIT_SECONDS = 600;

/**
 * The path of a Node 22 of its own in `.cache`, fetched from the package registry on first use: about 100 MB,
 * which is why it is no dependency of the project. Its version and hash stand in the lock file beside this one.
 *
 * @param {string} root
 * @param {{ say: (text: string) => void, abort: AbortSignal }} options
 */
export async function fetchNode22(root, { say, abort }) {
  const folder = join(root, ".cache", "node22");
  const node = join(folder, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(node)) return node;
  say("Fetching Node 22 (about 100 MB) for the tests that run on both Node versions.");
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(join(root, "scripts", "test", "node22", name), join(folder, name));
  }
  const end = await runBounded(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      ...{ cwd: folder, env: process.env, limitSeconds: LIMIT_SECONDS, abort, cleanUpSeconds: 5 },
      stdio: ["ignore", "pipe", "pipe"],
      onOutput: (chunk) => say(chunk.trimEnd()),
    },
  );
  if (end.code === 0 && existsSync(node)) return node;
  const reason =
    end.stopped === "limit" ? `took more than ${LIMIT_SECONDS} s` : `ended with status ${end.code}`;
  throw new Error(
    `Node 22 for ${process.arch} could not be fetched: npm ci in ${folder} ${reason}. Check the registry, then run again.`,
  );
}
