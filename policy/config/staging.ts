import type { StagePolicy } from "./stage-policy";

export const staging: StagePolicy = {
  stage: "staging",
  levels: {},
  allow: { rootLogin: false },
  waivers: [],
};
