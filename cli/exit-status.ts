/** Every exit status of `platform`, `npm start` and the set-up; the same numbers are in docs/engine.md. */
export const EXIT_STATUS = {
  ok: { code: 0, meaning: "done" },
  failed: { code: 1, meaning: "the engine or a step of it failed; the message names the resource" },
  usage: { code: 2, meaning: "wrong arguments or a wrong stack config" },
  missingPart: { code: 3, meaning: "this machine is not supported or lacks a part; the message names it" },
  policy: { code: 4, meaning: "a mandatory policy was violated; nothing was changed" },
  unreachable: { code: 5, meaning: "a node could not be reached" },
  changes: { code: 6, meaning: "--expect-no-changes was given and there are changes (drift)" },
  locked: { code: 7, meaning: "another operation holds the stack" },
  interrupted: { code: 130, meaning: "interrupted by Ctrl-C; run the same command again to converge" },
} as const satisfies Record<string, { code: number; meaning: string }>;

/** Why a command ended. */
export type Outcome = keyof typeof EXIT_STATUS;

/** The table that `platform --help` prints below the commands. */
export function exitStatusHelp(): string {
  const rows = Object.values(EXIT_STATUS).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ["Exit status:", ...rows].join("\n");
}
