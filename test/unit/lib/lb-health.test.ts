import assert from "node:assert/strict";
import { healthDocument, type CheckedVip } from "@ebpf-platform/lib/lb-health";
import { encodeLbMaps } from "@ebpf-platform/lib/lb-maps";

const backends = ["a", "b"].map((name, index) => ({
  name,
  address: `198.18.1.${index + 1}`,
  mac: "02:00:00:00:00:01",
  weight: 1,
}));
const health = { check: "tcp", intervalMs: 1000, timeoutMs: 500, rise: 2, fall: 3 } as const;
const vip: CheckedVip = { address: "198.18.0.9", port: 80, protocol: "tcp", mode: "dsr-l2", backends };

describe("healthDocument", () => {
  const document = (vips: readonly CheckedVip[]): object | undefined =>
    healthDocument("lb", vips, encodeLbMaps(vips).numbers);

  it("is nothing where no VIP is checked", () => assert.equal(document([vip]), undefined));

  it("names each checked VIP's ring and each backend's number in the data plane", () => {
    const six = { ...vip, address: "2001:2::9", health: { ...health, check: "http" as const } };
    const vips = [vip, { ...vip, port: 81, health: { ...health, port: 8080 } }, six];
    const { numbers } = encodeLbMaps(vips);
    const real = (identity: string): number => numbers.reals.findIndex(({ backend }) => backend === identity);
    const times = { intervalMs: 1000, timeoutMs: 500, rise: 2, fall: 3 };
    const http = { path: "/", host: "[2001:2::9]" };
    assert.deepEqual(document(vips), {
      program: "lb",
      vips: [
        {
          ...{ vip: "198.18.0.9:81/tcp", ring: numbers.vips.indexOf("198.18.0.9:81/tcp"), ...times },
          backends: [
            { name: "a", real: real("198.18.0.9:81/tcp a"), address: "198.18.1.1", port: 8080 },
            { name: "b", real: real("198.18.0.9:81/tcp b"), address: "198.18.1.2", port: 8080 },
          ],
        },
        {
          ...{ vip: "[2001:2::9]:80/tcp", ring: numbers.vips.indexOf("[2001:2::9]:80/tcp"), ...times },
          backends: [
            { name: "a", real: real("[2001:2::9]:80/tcp a"), address: "198.18.1.1", port: 80, http },
            { name: "b", real: real("[2001:2::9]:80/tcp b"), address: "198.18.1.2", port: 80, http },
          ],
        },
      ],
    });
  });

  it("has the path and host it was told", () => {
    const told = { ...health, check: "http" as const, path: "/healthz", host: "lb.example" };
    assert.match(
      JSON.stringify(document([{ ...vip, health: told }])),
      /"path":"\/healthz","host":"lb.example"/,
    );
  });
});
