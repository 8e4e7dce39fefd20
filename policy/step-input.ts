import { Field } from "./field";

/** What a step carries in clear between its base64 lines (`stepInput` in components/node/step.ts). */
const parts = ["script", "undo", "args"];

/** The scripts and arguments inside a NodeCommand's standard input; none for any other text. Secrets stay shut. */
export function stepTexts(stdin: Field): readonly Field[] {
  return (stdin.text ?? "").split("\n").flatMap((line) => {
    const [key = "", encoded = ""] = line.split(" ");
    if (!parts.includes(key) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return [];
    return [new Field(Buffer.from(encoded, "base64").toString("utf8"), `${stdin.path}<${key}>`)];
  });
}
