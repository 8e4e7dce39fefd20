import { isatty } from "node:tty";
import { createColors } from "picocolors";

/** Where a command talks to: results go to `out`, everything else to `note`, colours only where they are seen. */
export interface Terminal {
  readonly json: boolean;
  readonly colours: boolean;
  readonly interactive: boolean;
  readonly paint: ReturnType<typeof createColors>;
  /** The result of the command (standard output). */
  readonly out: (text: string) => void;
  /** Progress and notices (standard output, or standard error when standard output carries data). */
  readonly note: (text: string) => void;
}

/** Colours only on a TTY and never when NO_COLOR has any value (no-color.org). */
export function wantsColours(isTty: boolean, env: NodeJS.ProcessEnv): boolean {
  return isTty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** @param data true when standard output carries JSON or shell code and must hold nothing else. */
export function openTerminal(data: boolean, env: NodeJS.ProcessEnv = process.env): Terminal {
  const stream = data ? process.stderr : process.stdout;
  // Not stream.isTTY: it is undefined without a terminal, and picocolors would then decide by CI variables.
  const isTty = isatty(stream.fd);
  const colours = wantsColours(isTty, env);
  return {
    json: data,
    colours,
    interactive: isTty,
    paint: createColors(colours),
    out: (text) => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    note: (text) => void stream.write(text.endsWith("\n") ? text : `${text}\n`),
  };
}
