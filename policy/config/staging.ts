import { shared } from "./shared";
import type { StagePolicy } from "./stage-policy";

export const staging: StagePolicy = {
  stage: "staging",
  levels: {},
  allow: shared,
  waivers: [],
};
