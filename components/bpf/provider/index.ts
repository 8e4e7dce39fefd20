/** Loaded by the classes in ../program.ts and ../map.ts inside the engine's provider process. */
export { mapProvider } from "./map-provider";
export { programProvider } from "./program-provider";
