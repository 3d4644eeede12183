/** Figures for Prometheus on an address of their own, of programs that serve no other HTTP: `--metrics`. */
import {createServer, type Server} from "node:http";
import type {Registry} from "prom-client";
import {UnavailableError, UsageError} from "../errors.js";

/** Where figures are served. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** `9101` on this machine, or `HOST:PORT`. @throws UsageError METRICS_ADDRESS_INVALID */
export function parseMetricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    throw new UsageError("METRICS_ADDRESS_INVALID", `"${text}" is no address to serve figures on`, {
      hint: "give a port, or HOST:PORT",
    });
  return {host: match[1]?.replace(/[[\]]/g, "") ?? "127.0.0.1", port};
}

/**
 * Serves the registry until the server is closed.
 * @throws UnavailableError METRICS_ADDRESS_TAKEN
 */
export async function serveMetrics(registry: Registry, {host, port}: MetricsAddress): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404, {"content-type": "text/plain"}).end("figures are at /metrics\n");
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, {"content-type": registry.contentType}).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", (cause) =>
      failed(
        new UnavailableError("METRICS_ADDRESS_TAKEN", `cannot serve figures on ${host}:${port}`, {
          hint: "choose another --metrics address",
          cause,
        }),
      ),
    );
    server.listen(port, host, listening);
  });
  return server;
}
