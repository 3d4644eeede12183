import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {expect, onTestFinished, test} from "vitest";
import {RuleError} from "../../../src/errors.js";
import {CLIENT_DEFAULTS, createClient} from "../../../src/node/api/client.js";
import {pathOf} from "../../../src/node/api/client-path.js";
import {ROUTES} from "../../../src/node/api/route-table.js";
import {ALICE, serve, TX} from "../../support/api.js";

/** A server that is no node: it says what the test wants. */
async function liar(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const clientOf = (url: string, over = {}) => createClient({url, ...CLIENT_DEFAULTS, ...over});

test("takes the node's URL with and without /api/v1", async () => {
  const {url} = await serve();
  for (const form of [url, `${url}/`, `${url}/api/v1`, `${url}/api/v1/`])
    expect((await clientOf(form).healthLive()).status).toBe("alive");
});

test("keeps a path in front of the API, as behind a proxy", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  await clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/node/api/v1`)
    .healthLive()
    .catch(() => undefined);
  expect(asked).toEqual(["/node/api/v1/health/live"]);
});

for (const url of ["nonsense", "ftp://x", "http://user:secret@host"])
  test(`refuses ${url} as a URL`, () =>
    expect(() => clientOf(url)).toThrow(expect.objectContaining({code: "API_URL_INVALID", exitCode: 2})));

test("a refused connection names the URL and how to start a node", async () => {
  await expect(clientOf("http://127.0.0.1:1").status()).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    exitCode: 4,
    message: "cannot reach a node at http://127.0.0.1:1 (ECONNREFUSED)",
    hint: expect.stringContaining("qsdm devnet"),
  });
});

test("a node that does not answer is given up in time", async () => {
  const {url} = await serve({submit: () => new Promise(() => undefined)}, {options: {stopGraceMs: 10}});
  await expect(clientOf(url, {timeoutMs: 60}).submit({body: new Uint8Array([1])})).rejects.toMatchObject({
    code: "NODE_TIMEOUT",
    exitCode: 4,
  });
});

test("an abort ends the call with the signal's own reason", async () => {
  const {url} = await serve({submit: () => new Promise(() => undefined)}, {options: {stopGraceMs: 10}});
  const abort = new AbortController();
  const call = clientOf(url, {signal: abort.signal}).submit({body: new Uint8Array([1])});
  setTimeout(() => abort.abort(), 20);
  await expect(call).rejects.toMatchObject({name: "AbortError"});
});

test("the server's code, message and hint come back as the error that they were", async () => {
  const {client} = await serve({
    submit: () => Promise.reject(new RuleError("FEE_TOO_LOW", "fee of 1 dust", {hint: "raise --fee to 10 µ"})),
  });
  await expect(client.submit({body: new Uint8Array([1])})).rejects.toMatchObject({
    name: "RuleError",
    code: "FEE_TOO_LOW",
    message: "fee of 1 dust",
    hint: "raise --fee to 10 µ",
    exitCode: 3,
  });
  await expect(client.enrollment({nodeId: "nobody"})).rejects.toMatchObject({
    code: "ENROLLMENT_NOT_FOUND",
    message: "no enrollment record for node_id nobody",
    exitCode: 3,
  });
});

test("a parameter that the node would refuse is refused before anything is sent", async () => {
  const client = clientOf("http://127.0.0.1:1");
  await expect(client.balance({address: "nonsense"})).rejects.toMatchObject({code: "PARAMETER_INVALID", exitCode: 2});
  await expect(client.enrollment({nodeId: "a/b"})).rejects.toMatchObject({code: "PARAMETER_INVALID"});
});

for (const [name, status, body, code] of [
  ["a page of HTML", 200, "<html>", "ANSWER_INVALID"],
  ["another document", 200, '{"hello":1}', "ANSWER_INVALID"],
  ["text that is not UTF-8", 200, "\u0000", "ANSWER_INVALID"],
  ["a redirect", 302, "", "ANSWER_INVALID"],
  ["a bare 404", 404, "404 page not found\n", "NODE_REFUSED"],
  ["a bare 502", 502, "bad gateway", "NODE_REFUSED"],
] as const)
  test(`${name} instead of an answer is a coded error`, async () => {
    await expect(clientOf(await liar(status, body)).status()).rejects.toMatchObject({code});
  });

test("reads the reason out of each of the reference's error shapes", async () => {
  for (const body of [
    '{"error":"Bad Request","message":"the reason","status":400}',
    "the reason\n",
    '{"detail":"the reason","error":"mining_unavailable"}',
    '{"error":"the reason"}',
  ])
    await expect(clientOf(await liar(400, body)).status()).rejects.toMatchObject({
      message: "HTTP 400: the reason",
      exitCode: 3,
    });
});

test("a code that no node would write is not passed on", async () => {
  const url = await liar(400, "x", {"qsdm-error-code": "rm -rf", "qsdm-error-hint": "%zz"});
  await expect(clientOf(url).status()).rejects.toMatchObject({code: "NODE_REFUSED", hint: undefined});
});

test("an answer above the limit is not read to the end", async () => {
  const url = await liar(200, "x".repeat(5_000));
  await expect(clientOf(url, {maxAnswerBytes: 1_000}).status()).rejects.toMatchObject({code: "ANSWER_TOO_LARGE"});
});

test("escapes paths and queries as the reference's client does, parameters in order of name", () => {
  expect(pathOf(ROUTES.enrollments, {phase: "active", limit: 5, cursor: "a b&c~*"})).toBe(
    "/api/v1/mining/enrollments?cursor=a+b%26c~%2A&limit=5&phase=active",
  );
  expect(pathOf(ROUTES.slashReceipt, {txId: TX})).toBe(`/api/v1/mining/slash/${TX}`);
  expect(pathOf(ROUTES.balance, {address: ALICE})).toBe(`/api/v1/wallet/balance?address=${ALICE}`);
});
