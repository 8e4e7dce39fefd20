import assert from "node:assert/strict";
import { machineRules, textProblems } from "../../../../scripts/lint/text-rules.mjs";

const machine = (env: Record<string, string>) => machineRules({ root: "/srv/builds/checkout", env });

describe("the text rules", () => {
  for (const [path, line] of [
    ["a.ts", "// TODO: later"],
    ["docs/a.md", "FIXME"],
    ["a.ts", "// @ts-ignore"],
    ["a.ts", "// @ts-expect-error"],
    ["a.ts", "/* eslint-disable no-console */"],
    ["a.sh", "# shellcheck disable=SC2086"],
    ["a.sh", "ip link delete x || true"],
    ["a.sh", 'x="$(false || :)"'],
    [".ci/run", "false || true"],
    ["package.json", '"test": "mocha || true"'],
    ["a.ts", "} catch {}"],
    ["a.ts", "} catch (error) { }"],
    ["docs/a.md", "cd /work/tree"],
    ["a.ts", 'const home = "/home/jane/x";'],
  ] as const) {
    it(`forbid ${line} in ${path}`, () => {
      assert.equal(textProblems(path, `fine\n${line}\n`).length, 1);
      assert.match(textProblems(path, `fine\n${line}\n`)[0] ?? "", new RegExp(`^${path}:2: `));
    });
  }

  for (const [path, line] of [
    ["a.ts", "const work = `${folder}/work/upper`;"],
    ["a.ts", "if (a || true === b) return;"],
    ["a.sh", "false || echo failed >&2"],
    ["a.sh", "# shellcheck disable=SC2016 # the child expands it"],
    ["a.sh", 'mktemp "$path.XXXXXX"'],
    ["docs/a.md", "mastodon, to do"],
  ] as const) {
    it(`allow ${line} in ${path}`, () => assert.deepEqual(textProblems(path, line), []));
  }

  it("bound the length of code, not of documents", () => {
    assert.deepEqual(textProblems("a.ts", "x\n".repeat(350)), []);
    assert.match(textProblems("a.c", "x\n".repeat(351))[0] ?? "", /^a\.c:351: 351 lines/);
    assert.deepEqual(textProblems("a.md", "x\n".repeat(900)), []);
  });

  it("forbid the place of the checkout and every package registry this machine uses", () => {
    const rules = machine({
      npm_config_registry: "https://user:word@packages.corp.example/npm/",
      GOPROXY: "https://modules.example|https://goproxy.corp.example,direct",
      https_proxy: "http://localhost:3128",
    });
    const problems = (line: string) => textProblems("a.md", line, rules).length;
    assert.equal(problems("see /srv/builds/checkout/lib"), 1);
    assert.equal(problems("see packages.corp.example"), 1);
    assert.equal(problems("see goproxy.corp.example"), 1);
    assert.equal(problems("see modules.example"), 1);
    assert.equal(problems("see localhost and /srv/builds/checkout2"), 0);
  });
});
