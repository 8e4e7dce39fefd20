import { closeSync, constants, fstatSync, openSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { ManifestSource } from "@ebpf-platform/policy/manifests";
import { Failure, messageOf } from "../failure";

/** All custom resource definitions of a large chart take 5 MB; the parser needs about three seconds for each. */
const MOST_BYTES = 16 * 1024 * 1024;
const SUFFIX = /\.(ya?ml|json)$/i;
const STANDARD_INPUT = "-";

const refuse = (message: string) => new Failure("usage", message);

/**
 * Reads what a command line names: files, folders with everything below them that ends in .yaml, .yml or .json, and
 * `-` for standard input. A file that is named twice is read once.
 */
export function readSources(names: readonly string[], from = process.cwd()): readonly ManifestSource[] {
  const files = names.flatMap((name) => (name === STANDARD_INPUT ? [name] : filesOf(resolve(from, name))));
  return [...new Set(files)].map((file) => {
    if (file === STANDARD_INPUT) return { file: "standard input", text: readStandardInput() };
    const shown = relative(from, file);
    return { file: shown.startsWith("..") ? file : shown, text: readText(file) };
  });
}

function filesOf(path: string): readonly string[] {
  let real: string;
  let entries;
  try {
    real = realpathSync(path);
    entries = readdirSync(real, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return [realpathSync(path)];
    throw refuse(`${path} cannot be read (${messageOf(error)}); name a file or folder with Kubernetes YAML.`);
  }
  const found = entries
    .filter((entry) => SUFFIX.test(entry.name) && !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length > 0) return found;
  throw refuse(`Nothing below ${real} ends in .yaml, .yml or .json; name a folder with Kubernetes YAML.`);
}

function readText(path: string): string {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would block for ever, before anything can be asked of it.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) throw refuse(`${path} is no regular file; pass its content as standard input ("-").`);
    checkSize(stat.size, path);
    return decode(readFileSync(file), path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refuse(`${path} cannot be read (${messageOf(error)}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readStandardInput(): string {
  if (process.stdin.isTTY) throw refuse('Standard input is a terminal; pipe YAML into "-" or name a file.');
  const bytes = readFileSync(process.stdin.fd);
  checkSize(bytes.length, "Standard input");
  return decode(bytes, "Standard input");
}

function checkSize(bytes: number, name: string): void {
  if (bytes <= MOST_BYTES) return;
  throw refuse(
    `${name} has ${Math.ceil(bytes / 1024 / 1024)} MiB, and at most 16 are read; split it at its "---" lines.`,
  );
}

function decode(bytes: Buffer, name: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw refuse(`${name} is not UTF-8 text, so it is no Kubernetes YAML.`);
}
