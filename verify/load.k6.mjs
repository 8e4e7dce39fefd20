// Load for `platform verify`: steady arrivals, each on a connection of its own, so that every request is a new flow of the
// load balancer. TARGET is a URL; RATE (requests a second, default 200) and DURATION (default 20s) as for k6.
import http from "k6/http";
import { check } from "k6";

export const options = {
  noConnectionReuse: true,
  discardResponseBodies: true,
  scenarios: {
    steady: {
      executor: "constant-arrival-rate",
      rate: Number(globalThis.__ENV.RATE || 200),
      timeUnit: "1s",
      duration: globalThis.__ENV.DURATION || "20s",
      preAllocatedVUs: 50,
      maxVUs: 200,
    },
  },
};

export default function () {
  check(http.get(globalThis.__ENV.TARGET, { timeout: "5s" }), {
    "status is 200": ({ status }) => status === 200,
  });
}
