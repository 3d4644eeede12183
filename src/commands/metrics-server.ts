/** Figures for Prometheus, and pages for probes, on an address of their own, of programs that serve no other HTTP: `--metrics`. */
import {createServer, type Server} from "node:http";
import type {Registry} from "prom-client";
import {UnavailableError, UsageError} from "../errors.js";
import type {Pages} from "../node/custody/pages.js";

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
 * Serves the registry at /metrics, and `pages`, until the server is closed. To whoever asks, so a page shows nothing that not
 * everybody may know.
 * @throws UnavailableError METRICS_ADDRESS_TAKEN
 */
export async function serveMetrics(
  registry: Registry,
  {host, port}: MetricsAddress,
  pages: Pages = {},
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && page) {
      const {isWell, body} = page();
      const headers = {"content-type": "application/json", "cache-control": "no-store"};
      response.writeHead(isWell ? 200 : 503, headers).end(`${JSON.stringify(body)}\n`);
      return;
    }
    if (request.method !== "GET" || path !== "/metrics") {
      const known = Object.keys(pages).map((each) => `, ${each}`);
      response.writeHead(404, {"content-type": "text/plain"}).end(`figures are at /metrics${known.join("")}\n`);
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
