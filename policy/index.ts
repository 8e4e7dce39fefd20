import "./lazy-modules"; // first: it decides what the SDK below loads
import { PolicyPack } from "@pulumi/policy";
import { packName, policiesFor } from "./pack";

// Starts a server that the engine talks to; everything else of the pack can be imported without side effects.
new PolicyPack(packName, { enforcementLevel: "mandatory", policies: policiesFor(process.env, new Date()) });
