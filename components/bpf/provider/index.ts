/** Loaded by the classes in ../program.ts, ../map.ts, ../traffic-split.ts and ../../load-balancer/lb-numbering.ts inside the engine's provider process. */
export { mapProvider } from "./map-provider";
export { numbersProvider } from "./numbers-provider";
export { programProvider } from "./program-provider";
export { splitProvider } from "./split-provider";
