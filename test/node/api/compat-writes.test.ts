/** The doors for QSDM's envelopes on the wire, and receipts under the ids that its clients chose. */
import {describe, expect, test} from "vitest";
import type {Receipt} from "../../../src/codecs/chain/receipt.js";
import {DecodeError, RuleError} from "../../../src/errors.js";
import {ALICE, EMPTY_STORE, jsonOf, serve, TX} from "../../support/api.js";

const BODY = ' {"id":"client-tx-1"}';
const DOORS = [
  ["wallet", "/api/v1/wallet/submit-signed"],
  ["enroll", "/api/v1/mining/enroll"],
  ["unenroll", "/api/v1/mining/unenroll"],
  ["slash", "/api/v1/mining/slash"],
] as const;
const refusing = (error: unknown) => ({submitCompat: () => Promise.reject(error)});

describe.each(DOORS)("the %s door", (door, path) => {
  test("hands JSON on as it came, and answers 202 with the client's id", async () => {
    const taken: unknown[] = [];
    const {post} = await serve({
      async submitCompat(at, raw) {
        taken.push([at, new TextDecoder().decode(raw)]);
        return {txId: "client-tx-1"};
      },
      submit: () => Promise.reject(new Error("must not be reached")),
    });
    const answer = await post(path, BODY, "application/json; charset=utf-8");
    expect(answer.status).toBe(202);
    expect(await answer.text()).toContain('"client-tx-1"');
    expect(taken).toEqual([[door, BODY]]);
  });

  test.each([
    [new DecodeError("ENVELOPE_SIGNATURE_INVALID", "signature does not fit"), 422],
    [new DecodeError("ENVELOPE_SENDER_MISMATCH", "not the key's address"), 400],
    [new DecodeError("ENVELOPE_INVALID", "unknown field"), 400],
    [new DecodeError("ENVELOPE_TOO_LARGE", "too long"), 413],
    [new RuleError("ENVELOPE_V2_REFUSED", "takes v3 envelopes only", {hint: "sign it with qsdm"}), 400],
    [new RuleError("TX_ID_USED", "in a block already"), 409],
    [new RuleError("POOL_DUPLICATE", "already waiting"), 409],
    [new RuleError("NONCE_USED", "spent"), 409],
    [new RuleError("POOL_FULL", "full"), 503],
  ])("passes $code on with its status", async (error, status) => {
    const {post} = await serve(refusing(error));
    const answer = await post(path, BODY, "application/json");
    expect(answer.status).toBe(status);
    expect(answer.headers.get("qsdm-error-code")).toBe(error.code);
  });
});

test("a transfer that nobody can pay is 402 in the reference's words", async () => {
  const {post} = await serve(refusing(new RuleError("BALANCE_TOO_LOW", "has 0 dust")));
  const answer = await post("/api/v1/wallet/submit-signed", BODY, "application/json");
  expect(answer.status).toBe(402);
  expect(await jsonOf(answer)).toEqual({error: "Payment Required", message: "has 0 dust", status: 402});
});

test("the wallet door takes no CBOR, and nothing above its limit", async () => {
  const {post} = await serve();
  expect((await post("/api/v1/wallet/submit-signed", BODY, "application/cbor")).status).toBe(415);
  expect((await post("/api/v1/wallet/submit-signed", "x".repeat(65_537), "application/json")).status).toBe(413);
});

const RECEIPT: Receipt = {
  txId: TX,
  height: 3n,
  outcome: "applied",
  code: null,
  message: null,
  sender: ALICE,
  nonce: 0n,
  contract: "qsdm/slash/v1",
  gasUsed: 152_000n,
  feeDust: 1n,
  slash: null,
};
const SLASH = {...RECEIPT, recordedAtMs: 1_800_000_000_000n, slasher: ALICE, rejectCode: null, rejectMessage: null};

describe("a receipt", () => {
  const store = {
    header: () => null,
    receipt: (id: string) => (id === TX ? RECEIPT : null),
    slashReceipt: (id: string) => (id === TX ? SLASH : null),
  };

  test.each(["/api/v1/receipts", "/api/v1/mining/slash"])("at %s is found by either id", async (path) => {
    const {get} = await serve({store: {...EMPTY_STORE, ...store}});
    for (const id of [TX, "client-tx-1"]) {
      const answer = await get(`${path}/${id}`);
      expect(answer.status).toBe(200);
      expect((await jsonOf(answer)).tx_id).toBe(id);
    }
    expect((await get(`${path}/client-tx-2`)).status).toBe(404);
    expect((await get(`${path}/${"0".repeat(64)}`)).status).toBe(404);
  });
});
