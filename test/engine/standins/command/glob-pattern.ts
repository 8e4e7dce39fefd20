/**
 * A glob in the language of github.com/gobwas/glob with `/` as separator: `*` stays within a folder, `**` does not,
 * `?` is one character, `[a-z]` and `[!a-z]` are classes, `{a,b}` are alternatives.
 */
export function globPattern(glob: string): RegExp {
  return new RegExp(`^${translate(glob)}$`, "su");
}

const TOKEN = /\*\*|\*|\?|\[!?[^\]]*\]|\{[^}]*\}|\\.|[^]/gu;

function translate(glob: string): string {
  return (glob.match(TOKEN) ?? []).map(translateToken).join("");
}

function translateToken(token: string): string {
  if (token === "**") return ".*";
  if (token === "*") return "[^/]*";
  if (token === "?") return "[^/]";
  if (token.startsWith("[") && token.length > 1) return token.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
  if (token.startsWith("{") && token.length > 1)
    return `(?:${token.slice(1, -1).split(",").map(translate).join("|")})`;
  const character = token.startsWith("\\") && token.length > 1 ? token.slice(1) : token;
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}
