import type { StagePolicy } from "./stage-policy";

export const lab: StagePolicy = {
  stage: "lab",
  levels: {},
  allow: { rootLogin: true },
  waivers: [],
};
