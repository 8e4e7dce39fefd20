import assert from "node:assert/strict";
import { release } from "node:os";
import { requireBpf } from "../bpf/support/objects";
import { useRunnerPlace } from "../bpf/support/runner-place";
import { chainTable } from "../bpf/tables/chain";
import { conntrackTable } from "../bpf/tables/conntrack";
import { lbPacketTables } from "../bpf/tables/lb-packets";
import { sharedGuest } from "./support/shared-guest";

/** The objects of the kernel tier, byte for byte, on the guest's kernel: CO-RE moves them from one to the other. */
describe("one object, two kernels", function () {
  this.timeout(60_000);

  before(async function () {
    requireBpf(this);
    const guest = await sharedGuest(this);
    const kernel = await guest.run("uname -r");
    assert.notEqual(kernel, release(), "the guest runs this machine's kernel");
    useRunnerPlace(guest.runnerPlace);
  });

  after(() => useRunnerPlace());

  describe("xdp_root", chainTable);
  describe("xdp_conntrack", conntrackTable);
  describe("xdp_lb", lbPacketTables);
});
