/** A text as one word of a POSIX shell, whatever it contains. NUL cannot be in one and is refused. */
export function shellQuote(text: string): string {
  if (text.includes("\0")) throw new Error("A shell word cannot contain the character NUL.");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
