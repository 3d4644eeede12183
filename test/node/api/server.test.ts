import {PassThrough} from "node:stream";
import {describe, expect, test} from "vitest";
import {DEFAULT_API_OPTIONS} from "../../../src/node/api/options.js";
import {readBody} from "../../../src/node/api/request-body.js";
import {ROUTES} from "../../../src/node/api/route-table.js";
import {ApiServer} from "../../../src/node/api/server.js";
import {EMPTY_STORE, exchange, jsonOf, node, serve, TX} from "../../support/api.js";

const GET_STATUS = "GET /api/v1/status HTTP/1.1\r\nhost: x\r\n";

test("listens on loopback only, unless it is told otherwise", async () => {
  expect(DEFAULT_API_OPTIONS.host).toBe("127.0.0.1");
  const {url} = await serve();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("every answer carries the security headers and an id of its own", async () => {
  const {get} = await serve();
  const answers = [await get("/api/v1/status"), await get("/nowhere"), await get("/api/v1/wallet/balance")];
  for (const {headers} of answers) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
  expect(new Set(answers.map(({headers}) => headers.get("x-request-id"))).size).toBe(3);
});

test("an unknown path is 404 in our own error shape", async () => {
  const {get} = await serve();
  const answer = await get("/api/v1/nowhere");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({
    error: {code: "ROUTE_NOT_FOUND", message: "no route /api/v1/nowhere", hint: "/openapi.json lists the routes"},
  });
});

test("a known path with another method is 405 and names the right one", async () => {
  const {url, post} = await serve();
  const answer = await post("/api/v1/status", "x");
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")).toBe("GET");
  expect((await fetch(`${url}/api/v1/mining/enroll`)).headers.get("allow")).toBe("POST");
});

test("HEAD is answered like GET without a body", async () => {
  const {url} = await serve();
  const answer = await exchange(url, "HEAD /api/v1/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer.endsWith("\r\n\r\n")).toBe(true);
});

describe("our own routes", () => {
  for (const [query, code] of [
    ["shiny=1", "PARAMETER_UNKNOWN"],
    ["height=1", "PARAMETER_UNKNOWN"],
  ] as const)
    test(`refuse the query ${query}`, async () => {
      const {get} = await serve();
      const answer = await get(`/api/v1/ledger/supply?${query}`);
      expect(answer.status).toBe(400);
      expect((await jsonOf(answer)).error.code).toBe(code);
    });
});

test("a bug is a 500 that hides its cause behind the request id, which the log has", async () => {
  const {get, lines} = await serve({poolSize: () => JSON.parse("secret stuff")});
  const answer = await get("/api/v1/status");
  const body = await answer.text();
  const id = answer.headers.get("x-request-id")!;
  expect(answer.status).toBe(500);
  expect(body).not.toContain("secret");
  expect(body).toContain(`internal error, request ${id}`);
  const line = lines.find((each) => each.level === "error")!;
  expect(line.fields.request).toBe(id);
  expect(String(line.fields.err)).toContain("secret");
});

test("an answer whose recording fails has left all the same, and the log says so", async () => {
  const answered = () => {
    throw new TypeError("no such label");
  };
  const {get, lines} = await serve({}, {ports: {answered}});
  expect((await get("/api/v1/health/live")).status).toBe(200);
  expect((await get("/api/v1/chain/blocks/1")).status).toBe(404);
  expect(lines.filter((line) => line.level === "error").map((line) => String(line.fields.err))).toContain(
    "TypeError: no such label",
  );
});

test("a target with scheme and host, as proxies send it, is understood", async () => {
  const {url} = await serve();
  const answer = await exchange(
    url,
    "GET http://node.example/api/v1/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test("every request leaves a line with its route, status and time, and no query", async () => {
  const {get, lines} = await serve();
  await get("/api/v1/mining/enrollment/rig-1?token=hush");
  await get("/api/v1/wallet/balance?address=nonsense");
  expect(lines[0]?.fields).toMatchObject({method: "GET", path: "/api/v1/mining/enrollment/{node_id}", status: 200});
  expect(lines[1]?.fields).toMatchObject({status: 400, code: "PARAMETER_INVALID"});
  expect(JSON.stringify(lines)).not.toContain("hush");
});

test("a handler that does not end is given up with 503", async () => {
  const options = {handlerTimeoutMs: 30};
  const {get} = await serve(
    {
      store: {...EMPTY_STORE, block: () => new Promise(() => undefined)},
    },
    {options},
  );
  const answer = await get("/api/v1/chain/blocks/1");
  expect(answer.status).toBe(503);
  expect((await jsonOf(answer)).error.code).toBe("HANDLER_TIMEOUT");
});

test("a body that does not arrive in time is given up with 408", async () => {
  const {url} = await serve({}, {options: {requestTimeoutMs: 200}});
  const answer = await exchange(
    url,
    "POST /api/v1/mining/submit HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\nab",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test("headers that do not arrive in time are given up with 408", async () => {
  const {url} = await serve({}, {options: {requestTimeoutMs: 200}});
  expect(await exchange(url, "GET /api/v1/status HTTP/1.1\r\nhost:")).toMatch(/^HTTP\/1\.1 408 /);
});

describe("limits", () => {
  const rateLimit = {unitsPerSecond: 1, burstUnits: 6, maxAddresses: 10};

  test("answer 429 with the time to wait once an address has spent its units", async () => {
    const {post} = await serve({}, {options: {rateLimit}, ports: {monotonicMs: () => 5_000}});
    const submit = () => post("/api/v1/mining/submit", "{}", "application/json");
    expect((await submit()).status).toBe(200);
    const second = await submit();
    expect(second.status).toBe(429);
    expect(second.headers.get("retry-after")).toBe("2");
    expect(await second.text()).toBe("too many requests from this address\n");
  });

  test("count requests that no route answers", async () => {
    const {get} = await serve(
      {},
      {options: {rateLimit: {...rateLimit, burstUnits: 0.25}}, ports: {monotonicMs: () => 0}},
    );
    expect([(await get("/x")).status, (await get("/x")).status, (await get("/x")).status]).toEqual([404, 404, 429]);
  });

  test("no route is free", () => {
    for (const [name, {cost}] of Object.entries(ROUTES)) expect(cost, name).toBeGreaterThan(0);
  });

  test("a limit of connections is kept", async () => {
    const {url} = await serve({}, {options: {maxConnections: 1, requestTimeoutMs: 300}});
    const first = exchange(url, "GET /api/v1/status HTTP/1.1\r\n");
    await expect(fetch(`${url}/api/v1/status`)).rejects.toThrow();
    await first;
  });
});

describe("metrics", () => {
  test("are served at both paths to this machine", async () => {
    const {get} = await serve({}, {ports: {scrape: async () => "qsdm_chain_height 12\n"}});
    for (const path of ["/metrics", "/api/metrics/prometheus"]) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(await answer.text()).toBe("qsdm_chain_height 12\n");
    }
  });

  test("ask for the scrape secret when there is one", async () => {
    const {get} = await serve({}, {options: {scrapeSecret: "s3cret"}});
    expect((await get("/metrics")).status).toBe(403);
    expect((await jsonOf(await get("/metrics"))).error.code).toBe("SCRAPE_FORBIDDEN");
    expect((await get("/metrics", {headers: {authorization: "Bearer wrong"}})).status).toBe(403);
    expect((await get("/metrics", {headers: {authorization: "Bearer s3cret"}})).status).toBe(200);
  });
});

describe("starting and stopping", () => {
  test("a busy port is a coded error that says what to do", async () => {
    const {url} = await serve();
    const port = Number(new URL(url).port);
    const ports = {
      node: node(),
      scrape: async () => "",
      healthy: () => true,
      monotonicMs: () => 0,
      log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined},
      answered: () => undefined,
      streaming: () => undefined,
      streamEnded: () => undefined,
    };
    const second = new ApiServer({...DEFAULT_API_OPTIONS, port}, ports);
    await expect(second.start(new AbortController().signal)).rejects.toMatchObject({
      code: "PORT_IN_USE",
      exitCode: 4,
      hint: expect.stringContaining("--api-port"),
    });
    const elsewhere = new ApiServer({...DEFAULT_API_OPTIONS, port: 0, host: "192.0.2.1"}, ports);
    await expect(elsewhere.start(new AbortController().signal)).rejects.toMatchObject({code: "HOST_UNAVAILABLE"});
  });

  test("a stop lets a request under way finish, and closes idle connections at once", async () => {
    let release: (() => void) | undefined;
    const {post, server, get} = await serve({
      submit: () =>
        new Promise((resolve) => {
          release = () => resolve({txId: TX});
        }),
    });
    const answer = post("/api/v1/wallet/submit", new Uint8Array([1]));
    await expect.poll(() => release).toBeDefined();
    const stopped = server.stop();
    release!();
    expect((await answer).status).toBe(202);
    await stopped;
    await expect(get("/api/v1/status")).rejects.toThrow();
  });

  test("a stop cuts what is not done after the grace time", async () => {
    let begun = false;
    const never = (): Promise<never> => {
      begun = true;
      return new Promise(() => undefined);
    };
    const {post, server} = await serve({submit: never}, {options: {stopGraceMs: 50}});
    const answer = post("/api/v1/wallet/submit", new Uint8Array([1])).catch(() => "cut");
    await expect.poll(() => begun).toBe(true);
    await server.stop();
    expect(await answer).toBe("cut");
  });

  test("answers on kept connections while it runs", async () => {
    const {url} = await serve();
    const answer = await exchange(url, `${GET_STATUS}\r\n${GET_STATUS}connection: close\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });
});

test("a parameter that is given twice is refused", async () => {
  const {get} = await serve();
  const answer = await get("/api/v1/events?after=1&after=2");
  expect([answer.status, (await jsonOf(answer)).error.code]).toEqual([400, "PARAMETER_REPEATED"]);
});

test("a body that ends before its length is refused as cut short", async () => {
  const incoming = Object.assign(new PassThrough(), {headers: {"content-type": "application/json"}});
  const reading = readBody(incoming as never, {contentType: "application/json", maxBytes: 100, description: ""});
  incoming.write("{");
  setImmediate(() => incoming.destroy());
  await expect(reading).rejects.toMatchObject({code: "BODY_CUT_SHORT"});
});
