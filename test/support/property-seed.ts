import fc from "fast-check";
import { seed, soak } from "./seed";

// Loaded before every test file (.mocharc.json): a property that fails in one run fails in the next one too.
fc.configureGlobal({ seed, numRuns: soak ? 1000 : 100 });
