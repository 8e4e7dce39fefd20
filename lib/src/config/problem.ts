/** One fault of a config: where it is, what stands there, what to do. */
export interface ConfigProblem {
  /** Path of the key as it is written in the stack file, for instance `nodes[2].address`. */
  readonly key: string;
  /** What was found, ready to print: a quoted value, `nothing`, or a description. Never a secret. */
  readonly found: string;
  /** The rule and the way out, as the second half of a sentence. */
  readonly fix: string;
}

/** A config that was refused, with every problem that was found. */
export class ConfigError extends Error {
  public constructor(
    public readonly stackName: string,
    public readonly problems: readonly ConfigProblem[],
  ) {
    const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
    const lines = problems.map((problem) => `  - ${problemLine(problem)}`);
    super(`The config of stack ${stackName} (Pulumi.${stackName}.yaml) has ${count}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
  }
}

/** One problem on one line. */
export function problemLine({ key, found, fix }: ConfigProblem): string {
  return `${key}: found ${found}; ${fix}`;
}

/** What was found in words of ours, shown without quotes. */
export class Words {
  public constructor(public readonly words: string) {}
}

const longestShown = 80;

/** A value as a problem shows it: short, on one line, and never a private key. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Words) return value.words;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${String(value.length)}`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return keys.length === 0 ? "an empty object" : `an object with ${keys.slice(0, 6).join(", ")}`;
  }
  const text = JSON.stringify(value);
  if (text.includes("PRIVATE KEY")) return "a private key";
  return text.length <= longestShown ? text : `a text of ${String(text.length - 2)} characters`;
}

/** A path such as `["nodes", 2, "address"]` as it is written: `nodes[2].address`. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${String(part)}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}
