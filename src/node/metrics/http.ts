/** What the HTTP API answered. */
import {Counter, Histogram, type Registry} from "prom-client";
import type {Answered} from "../api/options.js";

/** A subscriber that counts and times answers. */
export function httpMetrics(registry: Registry): (what: Answered) => void {
  const registers = [registry];
  const answers = new Counter({
    name: "qsdm_http_requests_total",
    help: "Requests answered, by method, route and status.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "qsdm_http_request_duration_seconds",
    help: "Time from a request's head to its answer, by route.",
    labelNames: ["route"],
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const limited = new Counter({
    name: "qsdm_security_rate_limit_violations_total",
    help: "Requests refused because their address had spent its units.",
    registers,
  });
  return ({method, path, status, durationMs}) => {
    const route = path === "" ? "none" : path;
    answers.inc({method, route, status});
    seconds.observe({route}, durationMs / 1_000);
    if (status === 429) limited.inc();
  };
}
