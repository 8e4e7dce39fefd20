import { lbPacketTables } from "./tables/lb-packets";

describe("xdp_lb packet tables", lbPacketTables);
