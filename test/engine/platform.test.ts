import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { lookForEngine } from "../../cli/engine/locate";
import { parsePins } from "../../lib/src/release";
import { missing } from "../support/missing";
import { completeLock } from "./support/complete-lock";
import { ProjectCopy } from "./support/project-copy";
import { run, tail, type RunResult } from "./support/run";

const fixtures = join(__dirname, "..", "fixtures", "platform");
const VERSION = "2026.11.99";
/** A server that nobody answers for: a preview must not ask it. */
const kubeconfig = stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "nowhere",
  contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
  clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "nobody", user: { token: "a-token-of-nobody" } }],
});

/** One component for each product. */
const products = [
  "Cilium",
  "MonitoringKinds",
  "Monitoring",
  "Logging",
  "Tracing",
  "Tetragon",
  "Falco",
  "Gatekeeper",
  "Vault",
  "ExternalSecrets",
  "Argocd",
];

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly newState?: { readonly inputs?: Readonly<Record<string, unknown>> };
}

describe("the platform under the real engine, without any cluster", function () {
  this.timeout(600_000);
  let copy: ProjectCopy | undefined;
  const project = (): ProjectCopy => copy!;

  before(async function () {
    const found = await lookForEngine();
    if ("reason" in found) missing(this, "the Pulumi engine");
    copy = new ProjectCopy("t-platform");
    const { text, reference } = completeLock(
      copy.read("releases/2026.11.1.json"),
      copy.read("releases/pins.json"),
      VERSION,
    );
    copy.write(`releases/${VERSION}.json`, text);
    copy.write("kubeconfig", kubeconfig, 0o600);
    for (const stage of ["dev", "staging", "prod"]) {
      const { config } = parse(readFileSync(join(fixtures, `${stage}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      const { "ebpf-platform:secrets": _placeholder, ...keys } = config;
      if (stage !== "dev") keys["ebpf-platform:release"] = reference;
      copy.write(`Pulumi.t-${stage}.yaml`, stringify({ config: keys }));
      const made = await pulumi(
        stage,
        `stack init t-${stage} || pulumi stack select t-${stage} && pulumi config set --secret --path secrets.kubeconfig < kubeconfig`,
      );
      assert.equal(made.code, 0, tail(made));
    }
  });

  after(() => copy?.remove());

  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    EBPF_PLATFORM_STATE_DIR: project().stateDir,
    NO_COLOR: "1",
  });
  /** Plain `pulumi …` as a user's shell would have it. */
  const pulumi = (stage: string, args: string): Promise<RunResult> =>
    run("bash", ["-c", `eval "$(${process.execPath} cli/platform.js env t-${stage})" && pulumi ${args}`], {
      cwd: project().root,
      env: env(),
    });

  for (const stage of ["dev", "staging", "prod"]) {
    it(`previews the whole of ${stage} with every policy passing`, async () => {
      const result = await run(
        process.execPath,
        [join(project().root, "cli/platform.js"), "preview", `t-${stage}`],
        { cwd: project().root, env: env() },
      );
      assert.equal(result.code, 0, tail(result));
      const said = result.stdout + result.stderr;
      assert.match(said, /✅ ebpf-platform@/);
      for (const product of products) assert.match(said, new RegExp(`:${product} [a-z-]+ create`), product);
      assert.doesNotMatch(said, /a-token-of-nobody/);
    });
  }

  it("gives two equal previews of one commit, with nothing drawn and no secret in them", async () => {
    const steps = async (): Promise<Step[]> => {
      const result = await pulumi("prod", "preview --json");
      assert.equal(result.code, 0, tail(result));
      assert.doesNotMatch(result.stdout, /a-token-of-nobody/);
      const { steps: found } = JSON.parse(result.stdout) as { steps: Step[] };
      // The engine tells of independent resources in the order in which they arrive.
      return found
        .sort((a, b) => (a.urn < b.urn ? -1 : 1))
        .map(({ op, urn, newState }) => ({
          op,
          urn,
          newState: { inputs: newState?.inputs ?? {} },
        }));
    };
    const first = await steps();
    assert.ok(first.length > 90, `only ${String(first.length)} resources`);
    assert.deepEqual(await steps(), first);
  });

  it("refuses values that a chart does not know before anything else, with the nearest key", async () => {
    const file = "Pulumi.t-dev.yaml";
    const before = project().read(file);
    const { config, ...rest } = parse(before) as { config: Record<string, unknown> };
    config["ebpf-platform:charts"] = { values: { cilium: { hubbel: { enabled: false } } } };
    project().write(file, stringify({ config, ...rest }));
    const result = await pulumi("dev", "preview");
    project().write(file, before);
    assert.notEqual(result.code, 0);
    assert.match(
      result.stdout + result.stderr,
      /charts\.values\.cilium\.hubbel: chart cilium 1\.20\.0 has no such key; did you mean hubble/,
    );
  });

  describe("rendered by Helm", () => {
    const charts = (): string => join(project().root, "charts-of-the-test");
    const render = (...args: string[]): Promise<RunResult> =>
      run(
        process.execPath,
        [join(project().root, "cli/platform.js"), "render", "t-dev", "--charts", charts(), ...args],
        // No repository is reached, wherever this runs.
        {
          cwd: project().root,
          env: { ...env(), HTTPS_PROXY: "http://127.0.0.1:1" },
          timeoutMs: 1_500_000,
        },
      );
    const file = (chart: string): string => join(charts(), chart, "templates", "object.yaml");

    before(function () {
      this.timeout(30_000);
      const pins = parsePins(project().read("releases/pins.json"));
      for (const [name, { version }] of Object.entries(pins.charts)) {
        mkdirSync(join(charts(), name, "templates"), { recursive: true });
        writeFileSync(
          join(charts(), name, "Chart.yaml"),
          stringify({ apiVersion: "v2", name, version, type: "application" }),
        );
        writeFileSync(
          file(name),
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Chart.Name }} }\ndata: { values: {{ .Values | toJson | quote }} }\n",
        );
      }
    });

    it("hands every chart the values of its release", async function () {
      this.timeout(1_600_000); // Helm is built once for each machine
      const out = join(project().root, "rendered");
      const result = await render("--out", out, "--json");
      if (result.code === 3 && result.stderr.includes("cannot be built")) missing(this, "Helm");
      assert.equal(result.code, 0, tail(result));
      const said = JSON.parse(result.stdout) as { charts: { objects: number }[]; missing: unknown[] };
      assert.equal(said.charts.length, 12);
      assert.ok(said.charts.every(({ objects }) => objects === 1));
      assert.deepEqual(said.missing, []);
      const cilium = parse(readFileSync(join(out, "cilium.yaml"), "utf8")) as { data: { values: string } };
      const values = JSON.parse(cilium.data.values) as { kubeProxyReplacement: unknown };
      assert.ok([true, "true"].includes(values.kubeProxyReplacement as string), cilium.data.values);
      assert.equal(statSync(join(out, "cilium.yaml")).mode & 0o777, 0o600);
    });

    it("ends with status 4 for a chart that breaks a rule, and with 3 for one that it cannot have", async function () {
      this.timeout(1_600_000);
      writeFileSync(
        file("vault"),
        "apiVersion: v1\nkind: Pod\nmetadata: { name: all }\nspec: { containers: [{ name: a, image: a, securityContext: { privileged: true } }] }\n",
      );
      const broken = await render();
      if (broken.code === 3 && broken.stderr.includes("cannot be built")) missing(this, "Helm");
      assert.equal(broken.code, 4, tail(broken));
      assert.match(broken.stdout, /vault\.yaml:\d+ Pod\/all/);
      assert.match(broken.stderr, /Mandatory rules are broken: .*K02/);

      rmSync(join(charts(), "vault"), { recursive: true });
      const absent = await render();
      assert.equal(absent.code, 3, tail(absent));
      assert.match(absent.stderr, /Not rendered, so not judged: vault \d/);
    });
  });
});
