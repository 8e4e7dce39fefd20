import assert from "node:assert/strict";
import {
  goDirective,
  readPins,
  readToolchainPin,
  requiredVersion,
  toolchainPin,
} from "../../../../cli/engine/pins";
import { isAtLeast } from "../../../../cli/engine/version";

describe("engine pins", () => {
  it("reads what the committed go.mod files pin", () => {
    const pins = readPins();
    assert.match(pins.pulumi, /^3\.\d+\.\d+$/);
    assert.match(pins.nodejsHost, /^3\.\d+\.\d+$/);
    assert.match(pins.inputsHash, /^[0-9a-f]{12}$/);
  });

  it("pins a Go toolchain that is new enough to build with", () => {
    const pin = readToolchainPin();
    assert.ok(pin);
    assert.ok(isAtLeast(/-(go[\d.]+)\./.exec(pin.version)?.[1] ?? "", readPins().go), pin.version);
    assert.match(pin.sum, /^h1:/);
  });

  it("finds a module in a block and on a line of its own", () => {
    assert.equal(
      requiredVersion("require (\n\texample.org/a v1.2.3 // indirect\n)", "example.org/a"),
      "1.2.3",
    );
    assert.equal(requiredVersion("require example.org/a v1.2.3", "example.org/a"), "1.2.3");
    assert.throws(
      () => requiredVersion("require example.org/ab v1.2.3", "example.org/a"),
      /does not require/,
    );
  });

  it("takes the content hash of a toolchain, not the one of its go.mod", () => {
    const goSum = [
      "golang.org/toolchain v0.0.1-go1.26.8.linux-arm64 h1:arm=",
      "golang.org/toolchain v0.0.1-go1.26.8.linux-amd64/go.mod h1:mod=",
      "golang.org/toolchain v0.0.1-go1.26.8.linux-amd64 h1:amd=",
    ].join("\n");
    assert.deepEqual(toolchainPin(goSum, "linux-amd64"), {
      version: "v0.0.1-go1.26.8.linux-amd64",
      sum: "h1:amd=",
    });
    assert.equal(toolchainPin(goSum, "linux-riscv64"), undefined);
  });

  it("needs a go directive", () => assert.throws(() => goDirective("module x"), /no go directive/));
});
