/** The page of compatible routes, the route table and the server say the same. */
import {readFileSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {GONE_ROUTES} from "../../../src/node/api/gone-routes.js";
import type {AnyRoute} from "../../../src/node/api/route.js";
import {ROUTES} from "../../../src/node/api/route-table.js";
import {jsonOf, serve} from "../../support/api.js";
import reference from "./compat-routes.vectors.json" with {type: "json"};

const page = readFileSync(new URL("../../../docs/compat-routes.md", import.meta.url), "utf8");
const lines = [...page.matchAll(/^\| (GET|POST) `([^`]+)` \| ([^|]+) \|/gm)].map(([, method, path, state]) => ({
  route: `${method} ${path}`,
  state: state!.trim(),
}));
const inState = (state: string): string[] => lines.filter((line) => line.state === state).map((line) => line.route);
const table = Object.values<AnyRoute>(ROUTES).map((route) => `${route.method} ${route.path}`);

test("the page has one line for every route of the reference, and no other", () => {
  expect(lines.map((line) => line.route)).toEqual(reference.routes);
  expect(new Set(reference.routes).size).toBe(reference.routes.length);
});

test("every state is one that the page explains", () => {
  for (const {route, state} of lines) expect(state, route).toMatch(/^(served|410|later|part (1b|[2-7]))$/);
});

test("what the page calls served is in the table, and what is in the table the page names", () => {
  expect(inState("served").filter((route) => !table.includes(route))).toEqual([]);
  const own = table.filter((route) => !inState("served").includes(route));
  for (const route of own) expect(page).toContain(`\`${route}\``);
});

test("what the page calls gone is what the server calls gone", () => {
  expect(inState("410").sort()).toEqual(GONE_ROUTES.map((gone) => `${gone.method} ${gone.path}`).sort());
});

describe("a route that is gone", () => {
  for (const {method, path, why, hint} of GONE_ROUTES)
    test(`${method} ${path} answers 410 with the reason`, async () => {
      const {url} = await serve();
      const answer = await fetch(url + path.replace("*", "anything"), {method});
      expect(answer.status).toBe(410);
      expect(answer.headers.get("qsdm-error-code")).toBe("GONE");
      expect(decodeURIComponent(answer.headers.get("qsdm-error-hint") ?? "")).toBe(hint);
      expect(await jsonOf(answer)).toEqual({error: "Gone", message: why, status: 410});
    });
});

test("a route that is planned answers 404", async () => {
  const {url} = await serve();
  const planned = lines.filter(({state}) => state === "later" || state.startsWith("part"));
  for (const {route} of planned.filter((line) => line.route.startsWith("GET ") && !line.route.includes("{")))
    expect((await fetch(url + route.slice(4).replace("*", "x"))).status, route).toBe(404);
});

describe("the OpenAPI document", () => {
  test("has every route under its name, and nothing else", async () => {
    const {get} = await serve();
    const answer = await get("/openapi.json");
    expect(answer.headers.get("content-type")).toBe("application/json");
    const {openapi, paths} = await jsonOf(answer);
    expect(openapi).toBe("3.1.0");
    const operations = Object.entries<Record<string, {operationId: string}>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, {operationId}]) => [operationId, `${method.toUpperCase()} ${path}`]),
    );
    const wanted = Object.entries<AnyRoute>(ROUTES).map(([name, route]) => [name, `${route.method} ${route.path}`]);
    expect(Object.fromEntries(operations)).toEqual(Object.fromEntries(wanted));
  });

  test("describes parameters, bodies, answers and costs", async () => {
    const {paths} = await jsonOf(await (await serve()).get("/openapi.json"));
    const enrollment = paths["/api/v1/mining/enrollment/{node_id}"].get;
    expect(enrollment.parameters[0]).toMatchObject({name: "node_id", in: "path", required: true});
    const schema = enrollment.responses["200"].content["application/json"].schema;
    expect(schema.properties.stake_dust).toEqual({type: "integer", format: "uint64", minimum: 0});
    expect(schema.required).not.toContain("revoked_at_height");
    expect(enrollment.responses.default.content).toHaveProperty("text/plain");
    const slash = paths["/api/v1/mining/slash"].post;
    expect(slash.requestBody.content["application/cbor"].schema.maxLength).toBe(1_500_000);
    expect(slash["x-cost"]).toBeGreaterThan(enrollment["x-cost"]);
    expect(paths["/metrics"].get.security).toEqual([{scrape: []}, {}]);
    expect(paths["/api/v1/monitoring/ngc-proof"].post.security).toEqual([{sidecar: []}]);
  });

  test("every parameter of a path is declared", () => {
    for (const [name, route] of Object.entries<AnyRoute>(ROUTES)) {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const declared = Object.entries<{in: string}>(route.params)
        .filter(([, param]) => param.in === "path")
        .map(([key]) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      expect(declared, name).toEqual(inPath);
    }
  });
});
