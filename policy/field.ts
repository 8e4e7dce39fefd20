/** Stands where a preview cannot know a value yet. */
export const UNKNOWN = Symbol("unknown at preview");

/** A property value as a rule sees it: plain JSON, secrets unwrapped, unknown parts marked. */
export type Value = null | boolean | number | string | typeof UNKNOWN | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** True for an object, that is, neither an array nor null. */
export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when any part of the value is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return (value as readonly Value[]).some(hasUnknown);
  return isMap(value) && Object.values(value).some(hasUnknown);
}

/** A scalar as text; empty for anything else, so that a pattern meets no "[object Object]". */
export function word(value: Value | undefined): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

/** A setting that is one value or a list of them, as a list. */
export function asList(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[];
  return value === undefined || value === null ? [] : [value];
}

/** A value and where it stands, so that a finding can name the place: `.spec.containers[0].image`. */
export class Field {
  constructor(
    readonly value: Value | undefined,
    readonly path = "",
  ) {}

  /** The field below this one; absent when any step is absent, unknown when any step is unknown. */
  at(...keys: readonly (string | number)[]): Field {
    let value = this.value;
    let path = this.path;
    for (const key of keys) {
      path += typeof key === "number" ? `[${key}]` : /^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`;
      if (value === UNKNOWN) continue;
      if (Array.isArray(value))
        value = typeof key === "number" ? (value as readonly Value[])[key] : undefined;
      else value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    }
    return new Field(value, path);
  }

  /** Null counts as absent: Kubernetes and Pulumi treat both alike. */
  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** False while any part of the value is unknown. */
  get known(): boolean {
    return !hasUnknown(this.value);
  }

  get text(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  /** The elements of an array; none for anything else. */
  get items(): readonly Field[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  /** The values of an object with their keys; none for anything else. */
  get entries(): readonly (readonly [string, Field])[] {
    return isMap(this.value) ? Object.keys(this.value).map((key) => [key, this.at(key)] as const) : [];
  }

  /** Every string, number and boolean below, each with its own path; an unknown part is a leaf too. */
  get leaves(): readonly Field[] {
    if (Array.isArray(this.value)) return this.items.flatMap((item) => item.leaves);
    if (isMap(this.value)) return this.entries.flatMap(([, field]) => field.leaves);
    return this.absent ? [] : [this];
  }
}
