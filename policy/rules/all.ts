import { rule as G01 } from "./G01-stage-not-laxer";
import { rule as H01 } from "./H01-host-key-pinned";
import { rule as H03 } from "./H03-dial-and-run-bounded";
import { rule as H04 } from "./H04-delete-before-replace";
import { rule as H06 } from "./H06-no-output-in-environment";
import { rule as H07 } from "./H07-commands-only-by-node-command";
import { rule as S01 } from "./S01-no-secret-literal";
import { rule as S02 } from "./S02-secret-inputs";
import { rule as S04 } from "./S04-no-logging";
import { rule as W01 } from "./W01-waivers-in-force";
import type { Rule } from "../rule";

/** Every rule, by id. A test compares this list with the files of the folder. */
export const rules: readonly Rule[] = [G01, H01, H03, H04, H06, H07, S01, S02, S04, W01];
