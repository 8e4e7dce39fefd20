import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkProblems } from "../../../../scripts/lint/document-links.mjs";

describe("the links of documents", () => {
  it("lead to files, and the index names every document", () => {
    const root = mkdtempSync(join(tmpdir(), "links-"));
    try {
      mkdirSync(join(root, "docs"));
      const files = {
        "README.md": "[a](docs/a.md#part) [web](https://example.org/x) [here](#top)\n[gone](docs/gone.md)\n",
        "docs/README.md": "[a](a.md) ![picture](../README.md)\n",
        "docs/a.md": "text",
        "docs/b.md": "text",
      };
      for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
      assert.deepEqual(linkProblems(root, Object.keys(files)), [
        "README.md:2: the link to docs/gone.md leads nowhere",
        "docs/README.md:1: docs/b.md is missing from the index",
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
