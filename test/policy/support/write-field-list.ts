import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldList } from "./field-list";

writeFileSync(join(__dirname, "..", "fields.txt"), fieldList());
