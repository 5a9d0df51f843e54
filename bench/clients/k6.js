// One virtual user is one connection that sends the next request when the answer is there.
import http from 'k6/http';

export const options = {
  vus: Number(__ENV.BENCH_CONNECTIONS),
  duration: `${__ENV.BENCH_SECONDS}s`,
  insecureSkipTLSVerify: true,
  discardResponseBodies: true,
  summaryTrendStats: ['avg'],
};

const body = __ENV.BENCH_BODY ? open(__ENV.BENCH_BODY) : null;

export default function () {
  if (body === null) http.get(__ENV.BENCH_URL);
  else http.post(__ENV.BENCH_URL, body);
}

export function handleSummary(data) {
  const failed = data.metrics.http_req_failed.values;
  const told = { requests: data.metrics.http_reqs.values.count, failures: failed.passes };
  return { stdout: JSON.stringify(told) };
}
