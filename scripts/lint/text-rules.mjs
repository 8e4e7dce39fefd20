import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const MAX_LINES = 350;
const CODE = /\.(ts|mjs|cjs|js|c|h|sh)$/;
const NOT_TEXT = /\.(png|gz|o|ico|woff2)$/;
/** This file and its test spell out what they forbid. */
const EXEMPT =
  /^(scripts\/lint\/text-rules\.mjs|test\/unit\/scripts\/lint\/.*|package-lock\.json|LICENSE.*)$/;

/** @typedef {{ pattern: RegExp, files: RegExp, why: string }} TextRule */

/** @type {TextRule[]} */
const rules = [
  {
    pattern: /\b(TODO|FIXME)\b/,
    files: /(?:)/,
    why: "finish it, or say in a sentence why it cannot be done now",
  },
  { pattern: /@ts-(ignore|nocheck|expect-error)\b/, files: CODE, why: "give it its right type" },
  {
    pattern: /(eslint|prettier|biome|oxlint)-(disable|ignore)/,
    files: CODE,
    why: "follow the rule, or change it for all in its config",
  },
  {
    pattern: /shellcheck disable=\S+\s*$/,
    files: /(?:)/,
    why: "say why behind it: # shellcheck disable=… # reason",
  },
  {
    pattern: /\|\|\s*(true|:)\s*($|[;)"'`])/,
    files: /(\.sh|\.ya?ml|\/run|\.json)$/,
    why: "handle the failure, or say which one is expected",
  },
  {
    pattern: /\bcatch\s*(\([^)]*\)\s*)?\{\s*\}/,
    files: /\.(ts|mjs|cjs|js)$/,
    why: "an error needs an answer",
  },
  { pattern: /(^|[\s"'`(=:])\/work\//, files: /(?:)/, why: "no path of one machine" },
  { pattern: /\/home\/[a-z][a-z0-9_-]*\/|\/Users\/[A-Za-z]/, files: CODE, why: "no path of one machine" },
];

/**
 * Rules that know this machine: neither the place of the checkout nor a package registry may be committed.
 *
 * @param {{ root: string, env: NodeJS.ProcessEnv }} machine
 * @returns {TextRule[]}
 */
export function machineRules({ root, env }) {
  const texts = [];
  if (root.split("/").length > 3) texts.push(root);
  if (homedir().split("/").length > 2) texts.push(homedir());
  const names = [
    "npm_config_registry",
    "GOPROXY",
    "PIP_INDEX_URL",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
  ];
  for (const value of names.map((name) => env[name] ?? "")) {
    for (const [, host] of value.matchAll(/https?:\/\/(?:[^/@\s]*@)?([^/,|:\s]+)/g)) {
      if (host && !PLAIN_WORD.test(host)) texts.push(host);
    }
  }
  return texts.map((text) => ({
    pattern: new RegExp(`${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w-])`),
    files: /(?:)/,
    why: "it names this machine or its surroundings",
  }));
}

/** No registry's name: this machine itself, or a host without a dot, which would be found in plain words. */
const PLAIN_WORD = /^(127\.0\.0\.1|[^.]*)$/;

/**
 * Problems of one file's text, as `path:line: sentence`.
 *
 * @param {string} path
 * @param {string} text
 * @param {TextRule[]} extra
 */
export function textProblems(path, text, extra = []) {
  const problems = [];
  const lines = text.split("\n");
  if (CODE.test(path) && lines.length - 1 > MAX_LINES) {
    problems.push(
      `${path}:${MAX_LINES + 1}: ${lines.length - 1} lines; split it by idea (at most ${MAX_LINES})`,
    );
  }
  for (const { pattern, files, why } of EXEMPT.test(path) ? [] : [...rules, ...extra]) {
    if (!files.test(path)) continue;
    for (const [index, line] of lines.entries()) {
      const found = pattern.exec(line);
      if (found) problems.push(`${path}:${index + 1}: "${found[0].trim()}": ${why}`);
    }
  }
  return problems;
}

/**
 * @param {string} root
 * @param {string[]} files
 * @param {NodeJS.ProcessEnv} env
 */
export function treeProblems(root, files, env) {
  const extra = machineRules({ root, env });
  return files
    .filter((path) => !NOT_TEXT.test(path))
    .flatMap((path) => textProblems(path, readFileSync(join(root, path), "utf8"), extra));
}
