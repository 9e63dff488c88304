/** Shoppers, as a k6 script: ten look at the front page each second, and two buy. */
import http from "k6/http";
import type { Options } from "k6/options";

const shop = __ENV.SHOP_URL ?? "http://127.0.0.1:8090";
const each = { timeUnit: "1s", duration: "2h", preAllocatedVUs: 10, maxVUs: 100 };

export const options: Options = {
  scenarios: {
    look: { executor: "constant-arrival-rate", exec: "look", rate: 10, ...each },
    buy: { executor: "constant-arrival-rate", exec: "buy", rate: 2, ...each },
  },
  thresholds: {
    "http_req_failed{name:front page}": ["rate<0.01"],
    "http_req_duration{name:front page}": ["p(95)<500"],
  },
};

export const look = () => void http.get(`${shop}/`, { timeout: "5s", tags: { name: "front page" } });
export const buy = () => void http.post(`${shop}/buy/1`, null, { timeout: "5s", tags: { name: "buy" } });
