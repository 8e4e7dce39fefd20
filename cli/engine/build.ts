import { copyFileSync, chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../failure";
import { withProgress } from "../progress";
import { goEnvironment, goRun } from "./go-run";
import { ensureGo } from "./go-toolchain";
import { installEngine } from "./install-folder";
import type { Engine } from "./locate";
import { BUILD_FLAGS, engineModule, type EnginePins } from "./pins";

/** The two scripts that start Node for dynamic providers and policy packs; the SDK keeps them beside the host. */
const HOST_SCRIPTS = ["pulumi-resource-pulumi-nodejs", "pulumi-analyzer-policy"] as const;

/** Builds the CLI and the Node language host from the two pinned go.mod files under tools/engine. */
export async function buildEngine(
  pins: EnginePins,
  target: string,
  note: (text: string) => void,
): Promise<Engine | { reason: string }> {
  const go = await ensureGo(pins.go, note);
  if ("reason" in go) return go;
  note(
    `Building Pulumi ${pins.pulumi} from Go modules with ${go.version}: about seven minutes on two cores, once.`,
  );
  const work = `${target}.work-${process.pid}`;
  const env = goEnvironment(go, work);
  const version = `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pins.pulumi}`;
  const build = (output: string, ldflags: string, main: string) => [
    "build",
    ...BUILD_FLAGS,
    "-ldflags",
    `-s -w${ldflags}`,
    "-o",
    output,
    main,
  ];
  try {
    mkdirSync(work, { recursive: true });
    return await installEngine(target, async (bin) => {
      await withProgress(`Building pulumi ${pins.pulumi}`, () => {
        const args = build(
          join(bin, "pulumi"),
          ` -X ${version}`,
          "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        );
        return goRun(go, env, engineModule("cli"), args);
      });
      const host = engineModule("nodejs-host");
      await withProgress(`Building the Node language host ${pins.nodejsHost}`, () => {
        const main = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
        return goRun(go, env, host, build(join(bin, "pulumi-language-nodejs"), "", main));
      });
      const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"];
      const sdk = (await goRun(go, env, host, list)).trim();
      for (const script of HOST_SCRIPTS) {
        copyFileSync(join(sdk, "nodejs", "dist", script), join(bin, script));
        chmodSync(join(bin, script), 0o755);
      }
      return { version: pins.pulumi, how: "build", verified: "every module against tools/engine/*/go.sum" };
    });
  } catch (error) {
    return { reason: messageOf(error) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
