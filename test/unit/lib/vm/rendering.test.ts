import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { parseCidr } from "../../../../lib/src/cidr";
import { seed, instanceId, type CloudInitSpec } from "../../../../lib/src/vm/cloud-init";
import { domainUuid, domainXml, VM_INTERFACE, vmMac, type DomainSpec } from "../../../../lib/src/vm/domain";
import { imageSources } from "../../../../lib/src/vm/images";
import { nameServers, networkXml } from "../../../../lib/src/vm/network";
import { element, escapeXml, renderXml } from "../../../../lib/src/vm/xml";
import { yamlFlow } from "../../../../lib/src/vm/yaml-flow";
import { IMAGE_NAMES } from "../../../../lib/src/config/types";

/** Texts with everything that means something to XML, YAML or a shell. */
const odd = fc.stringMatching(/^[<>&"':#{}[\],|*!%@`\-?\\ \t\n\r$();a-zé\u{1F600}]{0,40}$/u);

const domain: DomainSpec = {
  domain: "ebp-dev-cp-1",
  title: "cp-1 of stack dev",
  architecture: "x86_64",
  accel: "kvm",
  cpu: 4,
  memoryMiB: 8192,
  disk: "/v/cp-1.qcow2",
  seed: "/v/cp-1-seed.iso",
  consoleLog: "/v/cp-1.log",
  network: { network: "ebp-dev" },
  mac: "52:54:00:12:14:0a",
};

const machine: CloudInitSpec = {
  stack: "dev",
  name: "cp-1",
  user: "platform",
  authorizedKey: "ssh-ed25519 AAAA client",
  hostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n",
  hostKeyPublic: "ssh-ed25519 BBBB",
  packages: [],
  network: {
    mac: domain.mac,
    interface: VM_INTERFACE,
    address: "10.18.20.10",
    prefix: 24,
    gateway: "10.18.20.1",
    nameServers: ["10.18.20.1"],
  },
};

/** Names of the elements of a document, in order. */
const elements = (xml: string): string[] => [...xml.matchAll(/<([a-z_]+)/g)].map(([, name = ""]) => name);

describe("XML", () => {
  it("escapes any text so that it can neither end an attribute nor begin an element, and loses nothing", () => {
    fc.assert(
      fc.property(odd, (text) => {
        const escaped = escapeXml(text);
        assert.doesNotMatch(escaped, /[<>"'\t\n\r]|&(?!amp;|lt;|gt;|quot;|apos;|#\d+;)/);
        const back = escaped
          .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
          .replaceAll("&lt;", "<")
          .replaceAll("&gt;", ">")
          .replaceAll("&quot;", '"')
          .replaceAll("&apos;", "'")
          .replaceAll("&amp;", "&");
        assert.equal(back, text);
      }),
    );
  });

  it("refuses what no document can hold", () => {
    for (const text of ["\0", "\u0007", "\uD800", "\uFFFE"]) assert.throws(() => escapeXml(text), RangeError);
  });

  it("writes elements with attributes, content and children, and leaves out what is undefined", () => {
    const xml = renderXml(element("a", { b: "'" }, [element("c"), undefined, element("d", {}, "<")]));
    assert.equal(xml, "<a b='&apos;'>\n  <c/>\n  <d>&lt;</d>\n</a>\n");
  });
});

describe("domainXml", () => {
  it("has the elements of a machine whatever its texts are", () => {
    const wanted = elements(domainXml(domain));
    fc.assert(
      fc.property(odd, odd, odd, (title, disk, mac) => {
        assert.deepEqual(elements(domainXml({ ...domain, title, disk, mac })), wanted);
      }),
    );
  });

  it("emulates with the largest processor, and gives KVM the host's", () => {
    assert.match(domainXml(domain), /^<domain type='kvm'>[^]*<cpu mode='host-passthrough'\/>/);
    assert.match(domainXml({ ...domain, accel: "tcg" }), /^<domain type='qemu'>[^]*<cpu mode='maximum'\/>/);
  });

  it("puts the card where udev calls it enp1s0, and disk before seed", () => {
    const xml = domainXml(domain);
    assert.match(xml, /<interface [^]*bus='0x01' slot='0x00' function='0x0'\/>\n {4}<\/interface>/);
    assert.match(xml, /cp-1\.qcow2'[^]*dev='vda'[^]*cp-1-seed\.iso'[^]*dev='vdb'[^]*<readonly\/>/);
  });

  it("takes a network of libvirt or a bridge of the host, and boots aarch64 by UEFI or a kernel that is given", () => {
    assert.match(domainXml(domain), /<interface type='network'>\n +<source network='ebp-dev'\/>/);
    assert.match(
      domainXml({ ...domain, network: { bridge: "br0" } }),
      /<interface type='bridge'>\n +<source bridge='br0'\/>/,
    );
    const arm = { ...domain, architecture: "aarch64" } as const;
    assert.match(domainXml(arm), /<os firmware='efi'>\n +<type arch='aarch64' machine='virt'>/);
    const boot = { kernel: "/k", initrd: "/i", arguments: "root=/dev/vda quiet" };
    assert.match(domainXml({ ...arm, boot }), /<os>[^]*<cmdline>root=\/dev\/vda quiet<\/cmdline>/);
  });

  it("gives a machine the same UUID each time, and another one to another", () => {
    assert.equal(domainUuid("a"), domainUuid("a"));
    assert.notEqual(domainUuid("a"), domainUuid("b"));
    assert.match(domainUuid("a"), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("vmMac", () => {
  it("is QEMU's own, and unique within a network", () => {
    assert.equal(vmMac("10.18.20.10"), "52:54:00:12:14:0a");
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), (a, b) => {
        const address = (host: number): string => `10.18.${String(host >> 8)}.${String(host & 255)}`;
        assert.equal(vmMac(address(a)) === vmMac(address(b)), a === b);
      }),
    );
  });
});

describe("networkXml", () => {
  const cidr = parseCidr("10.18.20.0/24");
  const spec = { bridge: "ebp-dev", cidr, mode: "nat", dns: true } as const;

  it("gives the bridge the first address and machines none", () => {
    const xml = networkXml(spec);
    assert.match(xml, /<forward mode='nat'\/>\n +<bridge name='ebp-dev'/);
    assert.match(xml, /<ip address='10\.18\.20\.1' prefix='24'\/>/);
    assert.doesNotMatch(xml, /dhcp/);
  });

  it("leaves forwarding out where it is isolated", () => {
    assert.doesNotMatch(networkXml({ ...spec, mode: "isolated", dns: false }), /forward|'yes'/);
  });

  it("names its own server where it has one, unless others are given", () => {
    assert.deepEqual(nameServers("nat", [], cidr), ["10.18.20.1"]);
    assert.deepEqual(nameServers("bridge", [], cidr), []);
    assert.deepEqual(nameServers("nat", ["9.9.9.9"], cidr), ["9.9.9.9"]);
  });
});

describe("yamlFlow", () => {
  it("is one line of printable ASCII that YAML reads as the same value, whatever it is", () => {
    fc.assert(
      fc.property(fc.dictionary(odd, fc.oneof(odd, fc.array(odd), fc.integer(), fc.boolean())), (value) => {
        const text = yamlFlow(value);
        assert.match(text, /^[\x20-\x7e]*$/);
        assert.deepEqual(parse(text), { ...value });
      }),
    );
  });
});

describe("seed", () => {
  const read = (text: string): Record<string, unknown> => parse(text) as Record<string, unknown>;

  it("says all in documents that no name can add a key to", () => {
    const wanted = Object.keys(read(seed(machine).userData));
    fc.assert(
      fc.property(odd, odd, (name, authorizedKey) => {
        const { userData, metaData } = seed({ ...machine, name, authorizedKey });
        assert.match(userData, /^#cloud-config\n/);
        assert.deepEqual(Object.keys(read(userData)), wanted);
        assert.equal(read(userData).hostname, name);
        assert.deepEqual(Object.keys(read(metaData)), ["instance-id", "local-hostname"]);
      }),
    );
  });

  it("has one login by key that may become root, and no password", () => {
    const { users, ssh_pwauth: passwords, disable_root: noRoot } = read(seed(machine).userData);
    assert.deepEqual(users, [
      {
        name: "platform",
        shell: "/bin/bash",
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        lock_passwd: true,
        ssh_authorized_keys: [machine.authorizedKey],
      },
    ]);
    assert.deepEqual([passwords, noRoot], [false, true]);
    const root = read(seed({ ...machine, user: "root" }).userData);
    assert.equal(root.disable_root, false);
    assert.doesNotMatch(seed(machine).userData, /chpasswd|plain_text_passwd|"password"/);
  });

  it("brings the host key that is pinned, with its last line end", () => {
    const { ssh_keys: keys } = read(seed({ ...machine, hostKey: machine.hostKey.trim() }).userData);
    assert.deepEqual(keys, { ed25519_private: machine.hostKey, ed25519_public: "ssh-ed25519 BBBB\n" });
  });

  it("updates package lists only where packages are asked for", () => {
    assert.equal("packages" in read(seed(machine).userData), false);
    const { packages, package_update: update } = read(seed({ ...machine, packages: ["jq"] }).userData);
    assert.deepEqual([packages, update], [["jq"], true]);
  });

  it("finds the card by its MAC address and gives it its fixed address", () => {
    const { ethernets } = read(seed(machine).networkConfig);
    assert.deepEqual(ethernets, {
      enp1s0: {
        match: { macaddress: "52:54:00:12:14:0a" },
        "set-name": "enp1s0",
        dhcp4: false,
        dhcp6: false,
        addresses: ["10.18.20.10/24"],
        routes: [{ to: "0.0.0.0/0", via: "10.18.20.1" }],
        nameservers: { addresses: ["10.18.20.1"] },
      },
    });
  });

  it("is a new instance when login, keys or address change, and none for what only a new machine takes", () => {
    const id = instanceId(machine);
    assert.equal(instanceId({ ...machine, packages: ["jq"] }), id);
    const network = { ...machine.network, address: "10.18.20.11" };
    for (const other of [{ user: "root" }, { authorizedKey: "x" }, { hostKeyPublic: "x" }, { network }])
      assert.notEqual(instanceId({ ...machine, ...other }), id);
  });
});

describe("imageSources", () => {
  it("has dated builds with a whole digest for every name and architecture", () => {
    for (const name of IMAGE_NAMES) {
      for (const { url = "", digest } of Object.values(imageSources(name))) {
        assert.match(url, /^https:\/\/[a-z.-]+\/.*20\d{6}/);
        assert.match(digest.hex, digest.algorithm === "sha256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/);
      }
    }
  });

  it("takes an image of one's own as it is", () => {
    const { x86_64: source } = imageSources({ path: "/i.qcow2", sha256: "a".repeat(64) });
    assert.deepEqual(source, { path: "/i.qcow2", digest: { algorithm: "sha256", hex: "a".repeat(64) } });
  });
});
