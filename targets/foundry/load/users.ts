/** App users at the front door, as a k6 script: `flounder run four-cuts --load targets/foundry/load/users.ts`. Twenty requests a second, whatever is broken meanwhile. */
import { check } from "k6";
import http from "k6/http";
import type { Options } from "k6/options";

export const options: Options = {
  scenarios: {
    // Flounder ends it with the run. An arrival rate, and no loop: who gets no answer does not keep the others from asking.
    users: { executor: "constant-arrival-rate", rate: 20, timeUnit: "1s", duration: "2h", preAllocatedVUs: 20, maxVUs: 200 },
  },
  thresholds: {
    http_req_failed: ["rate<0.5"],
    "http_req_duration{expected_response:true}": ["p(95)<1000"],
  },
};

export default function () {
  const answer = http.get(`${__ENV.LOAD_ROUTER}/?nonce=${__ITER}`, { headers: { Host: `app-1.${__ENV.LOAD_DOMAIN}` }, timeout: "5s", tags: { name: "app-1" } });
  check(answer, { "it is app-1 that answers": ({ status, body }) => status === 200 && String(body).includes("app-1") });
}
