import { shared } from "./shared";
import type { StagePolicy } from "./stage-policy";

export const dev: StagePolicy = {
  stage: "dev",
  levels: { K19: "advisory" },
  allow: shared,
  waivers: [],
};
