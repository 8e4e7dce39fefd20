const SHORT = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** A text as Go's `%q` writes it; the official provider quotes the failed command this way in its errors. */
export function goQuote(text: string): string {
  return `"${Array.from(text, quoteRune).join("")}"`;
}

function quoteRune(rune: string): string {
  const short = SHORT.get(rune);
  if (short !== undefined) return short;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  // strconv.IsPrint: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020.
  if (rune === " " || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(rune)) return rune;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
