import { shared } from "./shared";
import type { StagePolicy } from "./stage-policy";

export const lab: StagePolicy = {
  stage: "lab",
  levels: { K19: "advisory" },
  allow: shared,
  waivers: [],
};
