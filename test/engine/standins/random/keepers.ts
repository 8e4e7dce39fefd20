import type { BridgedInput } from "../provider/bridged";

/** Values of any meaning: when one changes, the resource is made anew. */
export const keepers: BridgedInput = { type: "map" };
