import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { ensureGoProgram, goProgramPath, type GoProgram } from "../engine/go-program";
import { Failure } from "../failure";
import { runCommand, type CommandAnswer } from "../run-command";

/** The Helm that the pinned kubernetes provider has inside, so that what is rendered is what a release would install. */
const HELM: GoProgram = {
  name: "helm",
  module: "helm.sh/helm/v3",
  main: "helm.sh/helm/v3/cmd/helm",
  variables: (version) => ({ "helm.sh/helm/v3/internal/version.version": `v${version}` }),
  takes: "about three minutes on two cores",
};

/** A chart takes a second; a repository that does not answer is given up after this. */
const LIMIT_MS = 60_000;

/** Helm of the pinned version, with folders of its own: no repository or plugin of the user's takes part. */
export class Helm {
  constructor(
    private readonly file: string,
    readonly version: string,
    private readonly home: string,
  ) {}

  /** @param home an empty folder for what Helm keeps; the caller removes it. */
  static async find(home: string, note: (text: string) => void): Promise<Helm> {
    const { version } = goProgramPath(HELM);
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const file = join(folder, "helm");
      if (folder === "" || !existsSync(file)) continue;
      const helm = new Helm(file, version, home);
      const { stdout } = await helm.run(["version", "--template", "{{.Version}}"]);
      if (stdout.trim() === `v${version}`) return helm;
      note(`${file} is Helm ${stdout.trim() || "of no version"}, pinned is v${version}: it is not used.`);
      break;
    }
    const built = await ensureGoProgram(HELM, note);
    if ("reason" in built) {
      throw new Failure(
        "missingPart",
        `There is no Helm ${version} on PATH and it cannot be built (${built.reason}); install it and run again.`,
      );
    }
    return new Helm(built.file, version, home);
  }

  run(args: readonly string[]): Promise<CommandAnswer> {
    const own = (name: string): string => join(this.home, name);
    // Nothing of HELM_… or KUBECONFIG of the user's: no cluster is asked.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("HELM_") && name !== "KUBECONFIG"),
    );
    return runCommand(this.file, args, {
      env: {
        ...env,
        HELM_CACHE_HOME: own("cache"),
        HELM_CONFIG_HOME: own("config"),
        HELM_DATA_HOME: own("data"),
        KUBECONFIG: "/dev/null",
      },
      timeoutMs: LIMIT_MS,
    });
  }
}
