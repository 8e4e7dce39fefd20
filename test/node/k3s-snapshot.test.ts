import { strict as assert } from "node:assert";
import { runStep, type Step } from "../../components/node/run-step";
import { scriptText } from "../../components/node/script-text";
import { NodeError } from "../../components/node/ssh";
import { K3sNode, testBinary, type TestBinary } from "./support/k3s-node";
import { FIRST_BOOT_MS, needNspawn } from "./support/machines";

const ARCHIVES = "/var/lib/ebpf-platform/k3s-snapshots";
const DB = "/var/lib/rancher/k3s/server/db";

/** Snapshots and their restore on a server with real systemd, with the double of k3s or, with K3S_BINARY, the real one. */
for (const [datastore, octet] of [
  ["sqlite", 2],
  ["etcd", 3],
] as const) {
  describe(`datastore ${datastore} of a k3s server`, function () {
    this.timeout(600_000);
    let binary: TestBinary;
    let server: K3sNode;

    before(async function () {
      needNspawn(this);
      this.timeout(FIRST_BOOT_MS);
      binary = testBinary(this);
      server = await K3sNode.boot(datastore === "etcd" ? "q" : "r", `cp-${datastore}`, octet, binary);
      await server.run(server.serverStep({ etcd: datastore === "etcd" }));
    });

    after(async () => {
      await server?.delete();
    });

    const step = (script: string, args: Readonly<Record<string, string>>): Step => ({
      id: `t.${script}`,
      script: scriptText(`components/cluster/scripts/${script}.sh`),
      args: { limit: binary.real ? "300" : "30", ...args },
      timeoutSeconds: 400,
      always: true,
    });
    const run = (script: string, args: Readonly<Record<string, string>>) =>
      runStep(server.session, step(script, args));
    const snapshot = (name: string, keep = "0") => run("k3s-snapshot", { name, keep });
    const restore = (name: string) => run("k3s-restore", { archive: `${ARCHIVES}/${name}.tar` });
    const write = (name: string) =>
      server.ask(
        `echo '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${name}"}}' | /usr/local/bin/k3s kubectl create -f -`,
      );
    const there = async (name: string) =>
      (await server.ask(
        `/usr/local/bin/k3s kubectl get namespace ${name} >/dev/null 2>&1 && echo yes || echo no`,
      )) === "yes";
    const refused = async (work: Promise<unknown>): Promise<string> => {
      const error = await work.catch((reason: unknown) => reason);
      assert.ok(error instanceof NodeError, String(error));
      return error.message;
    };

    it("is restored to what it was: what came before the snapshot is there, what came after is not", async () => {
      await write("before");
      const { output } = await snapshot("first");
      assert.deepEqual([output?.kind, output?.path], [datastore, `${ARCHIVES}/first.tar`]);
      assert.match(String(output?.sha256), /^[0-9a-f]{64}$/);
      await write("after");
      assert.deepEqual([await there("before"), await there("after")], [true, true]);
      const restored = await restore("first");
      assert.equal(restored.output?.kind, datastore);
      assert.deepEqual([await there("before"), await there("after")], [true, false]);
      assert.equal(await server.kubectl("get --raw /readyz"), "ok");
    });

    it("has archives that only root reads, with the server's token in them, and no name twice", async () => {
      assert.equal(await server.ask(`stat -c %a ${ARCHIVES} ${ARCHIVES}/first.tar`), "700\n600");
      assert.equal(
        await server.ask(`tar -xOf ${ARCHIVES}/first.tar token | cmp - /etc/rancher/k3s/token && echo same`),
        "same",
      );
      assert.match(await refused(snapshot("first")), /there is a snapshot first already/);
      await snapshot("second", "1");
      assert.equal(await server.ask(`ls ${ARCHIVES}`), "second.tar");
      assert.equal(await server.ask(`ls -A ${ARCHIVES} | grep -c work || true`), "0");
    });

    it("is left as it is by an archive that is damaged, cut off, foreign or of another time's token", async () => {
      await write("kept");
      await server.ask(
        `cd ${ARCHIVES} && head -c 700 second.tar >cut.tar && mkdir x && tar -xf second.tar -C x &&
         cp x/token x/token.good && echo other >x/token && tar -cf token.tar -C x manifest datastore token &&
         mv x/token.good x/token && echo bad >>x/datastore && tar -cf damaged.tar -C x manifest datastore token &&
         sed -i 's/^version .*/version v9.9.9+k3s1/' x/manifest && tar -xf second.tar -C x datastore &&
         tar -cf newer.tar -C x manifest datastore token && rm -r x`,
      );
      const pid = () => server.ask("systemctl show -p MainPID --value k3s");
      const earlier = await pid();
      for (const [name, said] of [
        ["nowhere", /there is no .*nowhere\.tar on this node/],
        ["cut", /is no snapshot of ours or was cut off/],
        ["token", /was taken under another server token/],
        ["damaged", /is damaged: its datastore has another SHA-256/],
        ["newer", /was taken with k3s v9\.9\.9\+k3s1 and this server runs the older/],
      ] as const) {
        const message = await refused(restore(name));
        assert.match(message, said);
        assert.match(message, /[Nn]othing was changed|list the snapshots/);
      }
      assert.equal(await pid(), earlier, "k3s was not even restarted");
      assert.equal(await there("kept"), true);
    });

    it("is back, and k3s runs on it, when the restored one does not come up", async () => {
      await write("precious");
      // An archive that is whole by its manifest and holds no datastore that k3s could open.
      await server.ask(
        `cd ${ARCHIVES} && mkdir y && tar -xf second.tar -C y && cd y && mkdir z && echo nonsense >z/state.db &&
         { if [ ${datastore} = sqlite ]; then tar -cf datastore -C z .; else echo nonsense >datastore; fi; } &&
         sed -i "s/^sha256 .*/sha256 $(sha256sum datastore | cut -d ' ' -f 1)/" manifest &&
         tar -cf ../broken.tar manifest datastore token && cd .. && rm -r y`,
      );
      const said = await refused(restore("broken"));
      assert.match(
        said,
        /the snapshot was not restored: .*The datastore that was there is back and k3s runs on it/s,
      );
      assert.deepEqual([await there("precious"), await there("kept")], [true, true]);
      assert.equal(await server.kubectl("get --raw /readyz"), "ok");
      assert.equal(await server.ask(`ls -d ${DB}.before-restore 2>/dev/null || echo none`), "none");
    });

    it("is put back first when an earlier restore was killed half-way", async () => {
      await server.ask(
        `systemctl stop k3s && mv ${DB} ${DB}.before-restore && mkdir ${DB} && rm -rf ${ARCHIVES}/.restore && mkdir ${ARCHIVES}/.restore && touch ${ARCHIVES}/.restore/moved`,
      );
      // Of no snapshot: what counts is that the datastore is back before anything is looked at.
      await refused(restore("nowhere"));
      assert.equal(await there("precious"), true);
    });

    it("gives its server new certificates under the same authority, and the old ones back when that fails", async () => {
      const leaf = "/var/lib/rancher/k3s/server/tls/client-admin.crt";
      const authority = () => server.ask("sha256sum /var/lib/rancher/k3s/server/tls/server-ca.crt");
      await write("rotated");
      const [old, ca] = [await server.ask(`sha256sum ${leaf}`), await authority()];
      await run("k3s-certs", { role: "server" });
      assert.notEqual(await server.ask(`sha256sum ${leaf}`), old);
      assert.equal(await authority(), ca);
      assert.equal(await there("rotated"), true);
      const before = await server.ask(`sha256sum ${leaf}`);
      // Without the word `certificate` k3s cannot make any.
      await server.ask(
        'mv /usr/local/bin/k3s /usr/local/bin/k3s.real && printf \'#!/bin/sh\\n[ "$1" != certificate ] || exit 7\\nexec /usr/local/bin/k3s.real "$@"\\n\' >/usr/local/bin/k3s && chmod 755 /usr/local/bin/k3s',
      );
      assert.match(
        await refused(run("k3s-certs", { role: "server" })),
        /k3s could not make new ones; k3s runs with the old ones/,
      );
      await server.ask("mv -f /usr/local/bin/k3s.real /usr/local/bin/k3s && systemctl restart k3s");
      assert.equal(await server.ask(`sha256sum ${leaf}`), before);
    });

    it("refuses a snapshot of a node that is no server, and a name that is none", async () => {
      assert.match(await refused(snapshot("../etc")), /must be lower-case letters/);
      await server.ask(`systemctl stop k3s && mv ${DB} ${DB}.away`);
      assert.match(await refused(snapshot("none")), /has no datastore of k3s/);
      await server.ask(`mv ${DB}.away ${DB} && systemctl start k3s`);
    });
  });
}
