/** What the server says of itself: metrics, and the description of its routes. */
import {plainText, route} from "../route.js";

const scrapeAt = (path: string) =>
  route({
    method: "GET",
    path,
    summary: "metrics in the Prometheus text format",
    auth: "scrape",
    errors: "coded",
    cost: 2,
    params: {},
    body: null,
    reply: plainText("text/plain; version=0.0.4; charset=utf-8"),
    handle: (_input, ports) => ports.scrape(),
  });

export const metricsRoute = scrapeAt("/metrics");
/** Where the reference has it. */
export const metricsCompatRoute = scrapeAt("/api/metrics/prometheus");

export const openApiRoute = route({
  method: "GET",
  path: "/openapi.json",
  summary: "this API as an OpenAPI document",
  auth: "public",
  errors: "coded",
  cost: 0.5,
  params: {},
  body: null,
  reply: plainText("application/json"),
  handle: (_input, ports) => ports.openApi(),
});
