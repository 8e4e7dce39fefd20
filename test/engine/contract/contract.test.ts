import assert from "node:assert/strict";
import { missing } from "../../support/missing.js";
import { engineEnvironment, type EngineEnvironment } from "./active-providers.js";
import { checkPreview, checkRun, match, type ContractCase, type Observation } from "./case.js";
import { ContractStack, type Observations } from "./contract-stack.js";
import { copyCases, copyFailures } from "./copy-cases.js";
import { drive, type DriveResult } from "./drive.js";
import { kubernetesCases } from "./kubernetes-cases.js";
import { localCommandCases, localCommandFailures } from "./local-command-cases.js";
import { randomCases, randomFailures } from "./random-cases.js";
import { remoteCommandCases, remoteCommandFailures } from "./remote-command-cases.js";
import { SshServer } from "./ssh-server.js";
import { tlsCertificateCases, tlsCertificateFailures } from "./tls-certificate-cases.js";
import { tlsKeyCases, tlsKeyFailures } from "./tls-key-cases.js";

let environment: EngineEnvironment | undefined;
let sshServer: SshServer | undefined;

function server(): SshServer {
  assert.ok(sshServer, "sshd has not been started");
  return sshServer;
}

interface Table {
  provider: string;
  cases: readonly ContractCase[];
  failures: readonly ContractCase[];
}

const TABLES: readonly Table[] = [
  {
    provider: "command",
    cases: [...localCommandCases, ...remoteCommandCases(server), ...copyCases(server)],
    failures: [...localCommandFailures, ...remoteCommandFailures(server), ...copyFailures(server)],
  },
  { provider: "random", cases: randomCases, failures: randomFailures },
  { provider: "kubernetes", cases: kubernetesCases, failures: [] },
  {
    provider: "tls",
    cases: [...tlsKeyCases, ...tlsCertificateCases],
    failures: [...tlsKeyFailures, ...tlsCertificateFailures],
  },
];

/** What the providers of the program do, whoever serves them: the official ones or the stand-ins. */
describe("contract of the providers", function () {
  this.timeout(300_000);
  let good: DriveResult | undefined;
  let bad: Observations | undefined;

  before(async function () {
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
    const started = await SshServer.start();
    if ("missing" in started) missing(this, started.missing);
    sshServer = started;
    for (const { provider, version, kind } of found.providers)
      console.log(`    ${provider} ${version}: ${kind}`);

    const stack = await ContractStack.create({ name: "contract", path: found.path });
    good = await drive(
      stack,
      TABLES.flatMap(({ cases }) => cases),
    );
    stack.discard();

    const failing = await ContractStack.create({ name: "contract", path: found.path });
    bad = await failing.up(() => TABLES.flatMap(({ failures }) => failures).flatMap((row) => makeAll(row)));
    await failing.dispose();
  });

  after(() => {
    sshServer?.stop();
    environment?.dispose();
  });

  for (const { provider, cases, failures } of TABLES) {
    describe(provider, () => {
      for (const row of cases) declare(row);
      for (const row of failures) {
        it(`${row.name} fails`, () => {
          for (const round of row.rounds) checkRun(round, observed(bad, row.name));
        });
      }
    });
  }

  function declare(row: ContractCase): void {
    for (const [index, round] of row.rounds.entries()) {
      it(row.rounds.length > 1 ? `${row.name}, round ${String(index + 1)}` : row.name, () => {
        const result = good?.rounds[index];
        assert.ok(result, "the round was not driven");
        if (round.known ?? round.unknown) checkPreview(round, observed(result.preview, row.name));
        checkRun(round, observed(result.run, row.name));
        if (round.probe) match("the probe", result.probes.get(row.name), round.probed);
      });
    }
    const expected = row.deleted;
    if (!expected) return;
    it(`${row.name}, deleted`, () => {
      match("the probe", good?.deleted.get(row.name), expected.probed);
    });
  }
});

function makeAll(row: ContractCase) {
  return row.rounds.map((round) => round.make(row.name));
}

function observed(run: Observations | undefined, name: string): Observation {
  const found = run?.get(name);
  assert.ok(found, `the engine told nothing about ${name}`);
  return found;
}
