/** Release locks: their shape, their identity, and whether a stack may run one. */
export {
  airGapFiles,
  airGapProblems,
  hostOf,
  renderSums,
  type AirGapFile,
  type AirGapRelease,
  type AirGapState,
} from "./release/air-gap";
export { checkRelease, neededCharts, neededSources } from "./release/check";
export { lockDifferences } from "./release/compare";
export {
  ARCHITECTURES,
  isReleaseVersion,
  missingDigests,
  parseRelease,
  releaseIdentity,
  renderRelease,
  type Architecture,
  type BpfProgramLock,
  type ChartLock,
  type Digest,
  type ReleaseLock,
} from "./release/lock";
export { parsePins, type ChartPin, type ReleasePins } from "./release/pins";
export { sourceDigest, sourceFiles } from "./release/source-digest";
