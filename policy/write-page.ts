import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stagePolicies } from "./config/load";
import { policiesPage } from "./docs";
import { rules } from "./rules/all";

// Writes docs/policies.md; test/policy/docs.test.ts compares it with what this would write.
writeFileSync(join(__dirname, "..", "docs", "policies.md"), policiesPage(rules, stagePolicies));
