import { bridgedKind, type BridgedType } from "../provider/bridged";
import { serve } from "../provider/server";
import { randomInteger, randomPet, randomShuffle } from "./choice-types";
import { randomBytes, randomId, randomUuid, randomUuid4, randomUuid7 } from "./id-types";
import { randomPassword, randomString } from "./text-types";

const TYPES: Record<string, BridgedType> = {
  RandomBytes: randomBytes,
  RandomId: randomId,
  RandomInteger: randomInteger,
  RandomPassword: randomPassword,
  RandomPet: randomPet,
  RandomShuffle: randomShuffle,
  RandomString: randomString,
  RandomUuid: randomUuid,
  RandomUuid4: randomUuid4,
  RandomUuid7: randomUuid7,
};

void serve({
  name: "random",
  version: "4.21.2",
  kind(token) {
    const type = TYPES[token.split(":").at(-1) ?? ""];
    return type && bridgedKind(type);
  },
});
