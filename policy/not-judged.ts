/** Collects what a preview could not judge, so that it is said once instead of once a resource. */
export class NotJudged {
  readonly #byRule = new Map<string, Map<string, Set<string>>>();

  add(rule: string, resource: string, path: string): void {
    const byResource = this.#byRule.get(rule) ?? new Map<string, Set<string>>();
    this.#byRule.set(rule, byResource);
    byResource.set(resource, (byResource.get(resource) ?? new Set()).add(path));
  }

  /** One line a rule: `H01 .connection of a, b`. */
  lines(): readonly string[] {
    return [...this.#byRule]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([rule, byResource]) => {
        const paths = [...new Set([...byResource.values()].flatMap((set) => [...set]))];
        return `${rule} ${shorten(paths)} of ${shorten([...byResource.keys()])}`;
      });
  }
}

function shorten(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
