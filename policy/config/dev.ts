import type { StagePolicy } from "./stage-policy";

export const dev: StagePolicy = {
  stage: "dev",
  levels: {},
  allow: { rootLogin: false },
  waivers: [],
};
