import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { driverEntry, machineFacts } from "../../../../components/node/nspawn-spec";
import { scriptText } from "../../../../components/node/script-text";
import { projectRoot } from "../../../../components/project-root";

const FOLDER = "components/node/scripts";

describe("shell scripts of the nodes", () => {
  for (const name of readdirSync(join(projectRoot(), FOLDER))) {
    it(`${name} parses with what it sources put into it`, () => {
      const text = scriptText(`${FOLDER}/${name}`);
      const { status, stderr } = spawnSync("/bin/bash", ["-n"], { input: text, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.ok(!/^source "\$\{BASH_SOURCE/m.test(text));
    });
  }

  it("carry the driver whole: every function it calls comes with it", () => {
    const text = scriptText(`${FOLDER}/nspawn.sh`);
    for (const name of [
      "wait_for",
      "read_spec",
      "ensure_base",
      "mount_root",
      "network_up",
      "start_machine",
      "up",
      "down",
    ]) {
      assert.match(text, new RegExp(`^${name}\\(\\) \\{`, "m"));
    }
  });

  it("start the driver's script from standard input and leave the rest of it to be read", () => {
    const script = Buffer.from(`echo "verb $1"; cat`);
    const packed = spawnSync("gzip", ["-c"], { input: script }).stdout.toString("base64");
    const { stdout } = spawnSync("/bin/bash", ["-c", driverEntry(), "nspawn", "up"], {
      input: `${packed}\na=1\nb=2\n`,
      encoding: "utf8",
    });
    assert.equal(stdout, "verb up\na=1\nb=2\n");
  });

  it("wait for a condition no longer than they were told", () => {
    const run = (body: string) =>
      spawnSync("/bin/bash", ["-euc", `${scriptText(`${FOLDER}/wait.sh`)}\n${body}`], { encoding: "utf8" });
    assert.equal(run("n=0; third() { n=$((n + 1)); ((n == 3)); }; wait_for 5 third; echo $n").stdout, "3\n");
    const started = Date.now();
    assert.equal(run("wait_for 1 false || echo late").stdout, "late\n");
    assert.ok(Date.now() - started >= 1000);
  });
});

describe("machineFacts", () => {
  it("reads the driver's answer and refuses anything else", () => {
    const text = `{"name":"edge","address":"198.18.10.2","instance":"0a1b2c3d-0000-4000-8000-000000000000"}\n`;
    assert.equal(machineFacts(text, "edge").instance, "0a1b2c3d-0000-4000-8000-000000000000");
    for (const wrong of ["", "{}", `${text}${text}`]) {
      assert.throws(() => machineFacts(wrong, "edge"), /The nspawn driver gave no answer for node edge/);
    }
  });
});
