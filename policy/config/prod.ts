import type { StagePolicy } from "./stage-policy";

export const prod: StagePolicy = {
  stage: "prod",
  levels: {},
  allow: { rootLogin: false },
  waivers: [],
};
