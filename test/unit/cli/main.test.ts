import assert from "node:assert/strict";
import { CommanderError } from "commander";
import { EXIT_STATUS, exitStatusHelp } from "../../../cli/exit-status";
import { Failure } from "../../../cli/failure";
import { buildProgram, reportFailure } from "../../../cli/main";
import { checkStackName, configuredStacks } from "../../../cli/stack/open";
import { wantsColours } from "../../../cli/terminal";

/** Runs a command line and gives the exit status it would end with. */
async function statusOf(...args: string[]): Promise<{ status: number; said: string }> {
  let said = "";
  const program = buildProgram();
  const silence = { writeOut: () => undefined, writeErr: (text: string) => void (said += text) };
  for (const command of [program, ...program.commands]) command.configureOutput(silence).exitOverride();
  try {
    await program.parseAsync(args, { from: "user" });
    return { status: 0, said };
  } catch (error) {
    return { status: reportFailure(error, (text) => (said += text)), said };
  }
}

describe("the platform command line", () => {
  it("helps everywhere with status 0", async () => {
    assert.equal((await statusOf("--help")).status, 0);
    for (const { name } of buildProgram().commands.map((command) => ({ name: command.name() }))) {
      assert.equal((await statusOf(name, "--help")).status, 0, name);
    }
  });

  const wrong: string[][] = [
    [],
    ["frob"],
    ["up"],
    ["up", "lab", "extra"],
    ["up", "lab", "--frob"],
    ["down"],
    ["status"],
  ];
  for (const args of wrong) {
    it(`refuses "${args.join(" ")}" with status 2`, async () => {
      assert.equal((await statusOf(...args)).status, EXIT_STATUS.usage.code);
    });
  }

  it("refuses --skip-preview with a sentence, before it does anything", async () => {
    const { status, said } = await statusOf("up", "lab", "--skip-preview");
    assert.equal(status, EXIT_STATUS.usage.code);
    assert.match(said, /always previews with the policy pack/);
  });

  it("refuses a stack without a config file and names the known ones", () => {
    assert.throws(
      () => checkStackName("nosuch", ["lab", "prod"]),
      (error: unknown) =>
        error instanceof Failure && error.outcome === "usage" && error.message.includes("lab, prod"),
    );
    assert.ok(configuredStacks().every((name) => /^[a-z0-9-]+$/.test(name)));
  });

  it("gives every outcome its own status and documents it", () => {
    const codes = Object.values(EXIT_STATUS).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const { code, meaning } of Object.values(EXIT_STATUS)) {
      assert.ok(exitStatusHelp().includes(`${String(code).padStart(3)}  ${meaning}`));
    }
    assert.equal(
      reportFailure(new Failure("policy", "no"), () => undefined),
      4,
    );
    assert.equal(
      reportFailure(new CommanderError(1, "commander.x", "no"), () => undefined),
      2,
    );
    assert.equal(
      reportFailure(new Error("bug"), () => undefined),
      1,
    );
  });

  it("colours a terminal only, and not under NO_COLOR", () => {
    assert.equal(wantsColours(true, {}), true);
    assert.equal(wantsColours(false, {}), false);
    assert.equal(wantsColours(true, { NO_COLOR: "1" }), false);
    assert.equal(wantsColours(true, { TERM: "dumb" }), false);
  });
});
