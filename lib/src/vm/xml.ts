const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // Parsers turn these into blanks in attributes unless they are written as references (XML 1.0, 3.3.3).
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** What XML 1.0 allows in a document (production 2, Char). */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** A text for the inside of an element or a quoted attribute. Throws on characters that no XML document can hold. */
export function escapeXml(text: string): string {
  if (FORBIDDEN.test(text))
    throw new RangeError("A text for XML holds a control character or half a surrogate pair; remove it.");
  return text.replaceAll(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** An element with its attributes (in order) and its content: elements, a text, or nothing. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly content: readonly Element[] | string;
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  content: readonly (Element | undefined)[] | string = [],
): Element {
  return {
    name,
    attributes,
    content: typeof content === "string" ? content : content.filter((each) => each !== undefined),
  };
}

/** The document, indented by two blanks. Names of elements and attributes are ours and not escaped. */
export function renderXml(root: Element, indent = ""): string {
  const { name, attributes, content } = root;
  const head = [
    name,
    ...Object.entries(attributes).map(([key, value]) => `${key}='${escapeXml(String(value))}'`),
  ];
  const open = head.join(" ");
  if (typeof content === "string") return `${indent}<${open}>${escapeXml(content)}</${name}>\n`;
  if (content.length === 0) return `${indent}<${open}/>\n`;
  const inner = content.map((child) => renderXml(child, `${indent}  `)).join("");
  return `${indent}<${open}>\n${inner}${indent}</${name}>\n`;
}
