import {describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {ENROLL_V3_CONTRACT, TRANSFER_CONTRACT, UNENROLL_V3_CONTRACT} from "../../../src/codecs/chain/payloads.js";
import {SLASH_CONTRACT} from "../../../src/codecs/slashing/payload.js";
import {DecodeError, RuleError, UnavailableError} from "../../../src/errors.js";
import {envelopeBytes, exchange, serve, TX} from "../../support/api.js";

const CONTRACT_OF = {
  "/api/v1/wallet/submit": TRANSFER_CONTRACT,
  "/api/v1/mining/enroll": ENROLL_V3_CONTRACT,
  "/api/v1/mining/unenroll": UNENROLL_V3_CONTRACT,
  "/api/v1/mining/slash": SLASH_CONTRACT,
} as const;
const PATHS = Object.keys(CONTRACT_OF) as (keyof typeof CONTRACT_OF)[];
const throwing = (error: unknown) => ({submit: () => Promise.reject(error)});

for (const path of PATHS)
  describe(path, () => {
    const body = envelopeBytes(CONTRACT_OF[path]);

    test("answers 202 with the transaction id, and hands the bytes on unchanged", async () => {
      const taken: Uint8Array[] = [];
      const {post} = await serve({
        async submit(raw) {
          taken.push(raw);
          return {txId: TX};
        },
      });
      const answer = await post(path, body);
      expect(answer.status).toBe(202);
      expect(await answer.text()).toBe(`{"tx_id":"${TX}","status":"accepted"}\n`);
      expect(taken.map(hexOf)).toEqual([hexOf(body)]);
    });

    test("refuses another content type before it reads the body", async () => {
      const {post} = await serve(throwing(new Error("must not be reached")));
      const answer = await post(path, body, "text/plain");
      expect(answer.status).toBe(415);
      expect(answer.headers.get("qsdm-error-code")).toBe("CONTENT_TYPE_UNSUPPORTED");
    });

    test("refuses a declared length above the limit without reading it", async () => {
      const {url} = await serve();
      const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/cbor\r\nconnection: close\r\n`;
      const answer = await exchange(url, `${head}content-length: 1500001\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain("qsdm-error-code: BODY_TOO_LARGE");
    });

    test("refuses a chunked body once it passes the limit", async () => {
      const {url} = await serve();
      const answer = await fetch(url + path, {
        method: "POST",
        headers: {"content-type": "application/cbor"},
        body: new Blob([new Uint8Array(1_500_001)]).stream(),
        duplex: "half",
      } as RequestInit);
      expect(answer.status).toBe(413);
    });

    test("passes the node's refusals on with their codes", async () => {
      const stale = new RuleError("NONCE_USED", "nonce 3 is spent, the account is at 4", {hint: "sign again"});
      const {post} = await serve(throwing(stale));
      const answer = await post(path, body);
      expect(answer.status).toBe(409);
      expect(answer.headers.get("qsdm-error-code")).toBe("NONCE_USED");
      expect(decodeURIComponent(answer.headers.get("qsdm-error-hint") ?? "")).toBe("sign again");
      expect(await answer.text()).toContain("nonce 3 is spent");
    });

    for (const [error, status] of [
      [new RuleError("POOL_DUPLICATE", "already waiting"), 409],
      [new RuleError("SIGNATURE_INVALID", "does not verify"), 422],
      [new DecodeError("CBOR_INVALID", "not canonical"), 400],
      [new UnavailableError("NODE_STOPPING", "the node is stopping"), 503],
      [new RuleError("POOL_FULL", "the pool is full"), 503],
      [new RuleError("BALANCE_TOO_LOW", "too little"), path === "/api/v1/wallet/submit" ? 422 : 400],
    ] as const)
      test(`answers ${status} for ${error.code}`, async () => {
        const {post} = await serve(throwing(error));
        const answer = await post(path, body);
        expect(answer.status).toBe(status);
        expect(answer.headers.has("retry-after")).toBe(status === 503);
      });
  });

for (const path of ["/api/v1/mining/enroll", "/api/v1/mining/unenroll", "/api/v1/mining/slash"] as const) {
  test(`${path} refuses an envelope of another contract`, async () => {
    const {post} = await serve(throwing(new Error("must not be reached")));
    const answer = await post(path, envelopeBytes(TRANSFER_CONTRACT));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("qsdm-error-code")).toBe("CONTRACT_UNFIT");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  test(`${path} refuses bytes that are no envelope`, async () => {
    const {post} = await serve(throwing(new Error("must not be reached")));
    const answer = await post(path, new Uint8Array([0xff]));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("qsdm-error-code")).toBe("CBOR_INVALID");
  });
}

test("/api/v1/wallet/submit refuses in our own error shape", async () => {
  const {post} = await serve(throwing(new RuleError("FEE_TOO_LOW", "fee of 1 dust <is> low", {hint: "raise --fee"})));
  const answer = await post("/api/v1/wallet/submit", new Uint8Array([1]));
  expect(answer.status).toBe(422);
  expect(await answer.text()).toBe(
    '{"error":{"code":"FEE_TOO_LOW","message":"fee of 1 dust \\u003cis\\u003e low","hint":"raise --fee"}}\n',
  );
});

describe("/api/v1/mining/submit", () => {
  const path = "/api/v1/mining/submit";

  test("answers 200 with the proof id", async () => {
    const {post} = await serve();
    const answer = await post(path, "{}", "application/json");
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(`{"accepted":true,"proof_id":"${"f6".repeat(32)}"}\n`);
  });

  test("answers 400 with the reason, which the client takes for an answer", async () => {
    const submitProof = async () => ({accepted: false as const, reason: "bad-mix", detail: "digest differs"});
    const {post, client} = await serve({submitProof});
    const answer = await post(path, "{}", "application/json; charset=utf-8");
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe('{"accepted":false,"reject_reason":"bad-mix","detail":"digest differs"}\n');
    expect(await client.submitProof({body: new Uint8Array([1])})).toMatchObject({
      accepted: false,
      rejectReason: "bad-mix",
    });
  });

  test("answers 503 in the reference's shape when there is no mining", async () => {
    const {post, client} = await serve({
      submitProof: () => Promise.reject(new UnavailableError("MINING_UNAVAILABLE", "no work yet")),
    });
    const answer = await post(path, "{}", "application/json");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(await answer.text()).toBe('{"detail":"no work yet","error":"mining_unavailable"}\n');
    await expect(client.submitProof({body: new Uint8Array([1])})).rejects.toMatchObject({
      code: "MINING_UNAVAILABLE",
      message: "no work yet",
      exitCode: 4,
    });
  });
});
