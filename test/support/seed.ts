/**
 * The seed of this run's random cases (`SEED`, default 1). A soak run repeats every file that imports this one, or
 * fast-check, with one seed after the other; `npm test -- --seed N` repeats a single one of them.
 */
export const seed = Number(process.env.SEED ?? "1");

/** Whether this is a soak run: all kill points and long fuzzing instead of a first sample. */
export const soak = process.env.SOAK === "1";
