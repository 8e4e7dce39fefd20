/** What a query's marks stand for. */
export interface QueryScope {
  /** Matchers without braces, for instance `arm="candidate"`; empty for none. */
  readonly candidate: string;
  readonly control: string;
  readonly windowSeconds: number;
  readonly valueSeconds: number;
}

/** How long before a window a series must have been silent to count as born in it: twelve windows (1 h for 5 min). */
const MEMORY_WINDOWS = 12;

/**
 * The growth of a counter within the last window, for a series that may have been born in it. `increase` alone sees
 * nothing of a first error: a counter that is born at 1 grew from 0 to 1 before its first scrape. A series that was not
 * there before the window counts with its whole value; `x unless x offset w` would do that too, but takes an old counter
 * that missed a scrape for a new one.
 */
export function bornSafe(selector: string, windowSeconds: number): string {
  const [window, memory] = [`${windowSeconds}s`, `${MEMORY_WINDOWS * windowSeconds}s`];
  return `((${selector} unless last_over_time(${selector}[${memory}] offset ${window})) or increase(${selector}[${window}]))`;
}

const marks = ["candidate", "control", "window", "value"] as const;

/** What is wrong with a query's marks, as the second half of a sentence; undefined when nothing. */
export function templateFault(template: string): string | undefined {
  if (template.trim() === "") return "write a PromQL query";
  const unknown = [...template.matchAll(/\$([A-Za-z_]*)/g)].find(
    ([, name]) => !(marks as readonly unknown[]).includes(name),
  );
  if (unknown !== undefined)
    return `no such mark ${unknown[0]}; known are ${marks.map((mark) => `$${mark}`).join(", ")}`;
  try {
    expandQuery(template, { candidate: 'a="b"', control: 'a="c"', windowSeconds: 300, valueSeconds: 60 });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

/** A query with its marks replaced. Throws for a `born(…)` around anything but one selector. */
export function expandQuery(template: string, scope: QueryScope): string {
  const filled = fillMatchers(template, scope)
    .replaceAll("$window", `${scope.windowSeconds}s`)
    .replaceAll("$value", `${scope.valueSeconds}s`);
  return expandBorn(filled, scope.windowSeconds);
}

/** Puts matchers in, with the comma that stands before or after an empty one taken out. */
function fillMatchers(template: string, { candidate, control }: QueryScope): string {
  const fill = (text: string, mark: string, matchers: string): string =>
    matchers === ""
      ? text.replaceAll(new RegExp(`,\\s*\\${mark}\\b|\\${mark}\\b\\s*,?`, "g"), "")
      : text.replaceAll(mark, matchers);
  return fill(fill(template, "$candidate", candidate), "$control", control);
}

const selectorPattern = /^[A-Za-z_:][A-Za-z0-9_:]*(\{([^{}"]|"([^"\\]|\\.)*")*\})?$/;

function expandBorn(query: string, windowSeconds: number): string {
  const start = query.search(/\bborn\(/);
  if (start < 0) return query;
  const from = start + "born(".length;
  const end = closingParenthesis(query, from);
  const selector = end === undefined ? "" : query.slice(from, end).trim();
  if (end === undefined || !selectorPattern.test(selector)) {
    throw new Error(
      'write one selector like http_requests_total{code="500"} between the parentheses of born()',
    );
  }
  return `${query.slice(0, start)}${bornSafe(selector, windowSeconds)}${expandBorn(query.slice(end + 1), windowSeconds)}`;
}

/** Where the parenthesis closes that was opened before `from`; quoted text does not count. */
function closingParenthesis(query: string, from: number): number | undefined {
  let depth = 1;
  let quoted = false;
  for (let at = from; at < query.length; at++) {
    const sign = query[at];
    if (quoted && sign === "\\") at++;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === "(") depth++;
    else if (!quoted && sign === ")" && --depth === 0) return at;
  }
  return undefined;
}
