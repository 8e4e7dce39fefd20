import { chainTable } from "./tables/chain";

describe("the chain of XDP programs", chainTable);
