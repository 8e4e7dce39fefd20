import { shared } from "./shared";
import type { StagePolicy } from "./stage-policy";

export const prod: StagePolicy = {
  stage: "prod",
  levels: {},
  allow: shared,
  waivers: [],
};
