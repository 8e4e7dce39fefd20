import type { PlatformConfig } from "@ebpf-platform/lib/config/types";
import type { StagePolicy } from "./config/stage-policy";
import type { ReleaseFacts } from "./release-facts";

/** What a rule may know besides the resource. */
export interface RuleContext {
  /** Levels, allow-lists and waivers of the stage. */
  readonly policy: StagePolicy;
  readonly stack: string;
  /** The stack's config; undefined when it cannot be read, and then the problem says why. */
  readonly platform: PlatformConfig | undefined;
  readonly configProblem?: string;
  /** What the release lock of the stack pins; empty lists of a missing lock are undefined. */
  readonly release: ReleaseFacts;
  /** For waivers. */
  readonly today: Date;
}
