/** A table that a chart's templates pass on as a whole although its defaults name keys. */
export interface OpenTable {
  readonly chart: string;
  /** Keys down to the table. */
  readonly path: readonly string[];
  /** The template and the line that pass it on. */
  readonly cites: string;
}

/** Everything here was read in the template at the chart's locked version; a new version is read again. */
export const openTables: readonly OpenTable[] = [];
