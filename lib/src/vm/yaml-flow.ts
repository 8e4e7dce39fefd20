/**
 * A value as YAML on one line: JSON, of which YAML is a superset, with every character outside printable ASCII escaped.
 * PyYAML, which cloud-init reads with, refuses some of those and takes no surrogate pairs, hence `\U` with eight digits.
 */
export function yamlFlow(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
