/** A node that answers what a recording says, and keeps what it was asked. */
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";

export interface CannedRoute {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly content_type: string | null;
}

export interface CannedNode {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** Serves `routes`, those of one path one after another and the last for good; `ambient` as well, without keeping what was asked of those. */
export async function cannedNode(
  routes: readonly CannedRoute[],
  ambient: readonly CannedRoute[] = [],
): Promise<CannedNode> {
  const asked: Asked[] = [];
  const times = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const {method = "", url: path = ""} = request;
    const fits = (route: CannedRoute) => route.method === method && route.path === path;
    const line = routes.filter(fits);
    const turn = times.get(`${method} ${path}`) ?? 0;
    times.set(`${method} ${path}`, turn + 1);
    const recorded = line[Math.min(turn, line.length - 1)];
    const answer = recorded ?? ambient.find(fits);
    if (recorded || !answer) {
      const content_type = request.headers["content-type"] ?? null;
      asked.push({method, path, body: Buffer.concat(parts).toString(), content_type});
    }
    const {status, body} = answer ?? {status: 404, body: "404 page not found\n"};
    const type = /^[{[]/.test(body) ? "application/json" : "text/plain; charset=utf-8";
    response.writeHead(status, {"content-type": type}).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    asked,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
