type Container = Record<string, unknown>;

/** The keys of a JSON pointer (RFC 6901), `/spec/containers/0`. */
function keysOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Sets the place in the document, making the objects on the way. */
export function setAt(document: unknown, pointer: string, value: unknown): void {
  const keys = keysOf(pointer);
  const last = keys.pop();
  if (last === undefined) throw new Error(`The pointer "${pointer}" names the whole document.`);
  let container = document as Container;
  for (const key of keys) {
    container[key] ??= {};
    container = container[key] as Container;
  }
  container[last] = value;
}

/** Takes the place out of the document; an element of an array leaves no gap. */
export function unsetAt(document: unknown, pointer: string): void {
  const keys = keysOf(pointer);
  const last = keys.pop() ?? "";
  const container = keys.reduce<unknown>((value, key) => (value as Container)[key], document);
  if (Array.isArray(container)) container.splice(Number(last), 1);
  else {
    if (!Object.hasOwn(container as object, last)) throw new Error(`Nothing stands at ${pointer}.`);
    Reflect.deleteProperty(container as Container, last);
  }
}

/** The pointer as findings write it: `.spec.containers[0]`. */
export function pathOf(pointer: string): string {
  return keysOf(pointer)
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : /^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`))
    .join("");
}
