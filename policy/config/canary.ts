import { shared } from "./shared";
import type { StagePolicy } from "./stage-policy";

export const canary: StagePolicy = {
  stage: "canary",
  levels: {},
  allow: shared,
  waivers: [],
};
