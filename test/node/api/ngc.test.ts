/** The sidecars' door over HTTP: who is let in, what is answered, and what a lock shuts. */
import {createHmac} from "node:crypto";
import {describe, expect, test} from "vitest";
import {TRANSFER_CONTRACT} from "../../../src/codecs/chain/payloads.js";
import {RuleError} from "../../../src/errors.js";
import {type LockOptions, NgcDesk} from "../../../src/node/api/ngc/desk.js";
import {NodeMetrics} from "../../../src/node/metrics/registry.js";
import {envelopeBytes, serve, view} from "../../support/api.js";
import {IN_SYNC, NO_BATCHES, NO_WIRE, STORE_FIGURES} from "../../support/network.js";

const SECRET = "a secret of some length";
const BASE = "/api/v1/monitoring";
const NOW_MS = 1_795_000_000_000;
const SEEN = {cuda_proof_hash: "h", architecture: "NVIDIA Ada", gpu_fingerprint: {available: true}, timestamp_utc: "t"};
const LOCK: LockOptions = {
  maxProofAgeMs: 900_000,
  expectedNodeId: null,
  macSecret: SECRET,
  requireNonce: true,
  peers: false,
};

const deskOf = (lock: LockOptions | null): NgcDesk =>
  new NgcDesk(
    {ingestSecret: SECRET, nonceTtlMs: 600_000, lock},
    {nowMs: () => NOW_MS, randomBytes: (size) => new Uint8Array(size).fill(0xab)},
  );

async function open(ngc: NgcDesk | null, node: Parameters<typeof serve>[0] = {}) {
  const {url} = await serve({...node, ngc});
  const ask = async (path: string, init: RequestInit = {}, secret: string | null = SECRET) => {
    const headers = {...(secret === null ? {} : {"x-qsdm-ngc-secret": secret}), ...(init.headers as object)};
    const answer = await fetch(`${url}${path}`, {...init, headers});
    return {status: answer.status, code: answer.headers.get("qsdm-error-code"), body: await answer.text()};
  };
  const post = (bundle: object | string, secret?: string | null) =>
    ask(
      `${BASE}/ngc-proof`,
      {
        method: "POST",
        headers: {"content-type": "application/json"},
        body: typeof bundle === "string" ? bundle : JSON.stringify(bundle),
      },
      secret,
    );
  const write = () =>
    ask(
      "/api/v1/wallet/submit",
      {method: "POST", headers: {"content-type": "application/cbor"}, body: envelopeBytes(TRANSFER_CONTRACT)},
      null,
    );
  return {ask, post, write};
}

describe("who is let in", () => {
  test("nobody, where no secret is set: the routes are not there", async () => {
    const {ask, post} = await open(null);
    for (const answer of [await ask(`${BASE}/ngc-proofs`), await ask(`${BASE}/ngc-challenge`), await post(SEEN)])
      expect([answer.status, JSON.parse(answer.body).message]).toEqual([404, "not found"]);
  });

  test("whoever has the secret, under either header", async () => {
    const {ask} = await open(deskOf(null));
    expect((await ask(`${BASE}/ngc-proofs`)).status).toBe(200);
    const older = {headers: {"x-qsdmplus-ngc-secret": SECRET}};
    expect((await ask(`${BASE}/ngc-proofs`, older, null)).status).toBe(200);
  });

  test.each([null, "", "wrong", `${SECRET}x`])("nobody else (%j)", async (secret) => {
    const {ask, post} = await open(deskOf(null));
    for (const answer of [await ask(`${BASE}/ngc-proofs`, {}, secret), await post(SEEN, secret)])
      expect([answer.status, answer.code]).toEqual([401, "NGC_UNAUTHORIZED"]);
  });
});

describe("a bundle", () => {
  test("is taken and listed as the reference lists it", async () => {
    const {ask, post} = await open(deskOf(null));
    expect((await ask(`${BASE}/ngc-proofs`)).body).toBe('{"count":0,"proofs":[]}\n');
    const taken = await post({...SEEN, execution_seconds: 0.25, ai_proof: {mode: "cpu", ai_computation_hash: "c"}});
    expect([taken.status, taken.body]).toEqual([200, '{"ok":true}\n']);
    expect((await ask(`${BASE}/ngc-proofs`)).body).toBe(
      '{"count":1,"proofs":[{"ai_computation_hash":"c","ai_mode":"cpu","cuda_proof_hash":"h","execution_seconds":0.25,' +
        '"received_at":"2026-11-18T11:06:40Z","timestamp_utc":"t"}]}\n',
    );
  });

  test.each([
    ["no JSON", "{", 400, "NGC_PROOF_INVALID"],
    ["no hash", "{}", 400, "NGC_PROOF_NO_HASH"],
    ["nothing", "", 400, "NGC_PROOF_SIZE"],
    ["more than 512 KiB", "x".repeat(512 * 1024 + 1), 413, "BODY_TOO_LARGE"],
  ])("of %s is refused", async (_name, body, status, code) => {
    const {ask, post} = await open(deskOf(null));
    const answer = await post(body);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(JSON.parse((await ask(`${BASE}/ngc-proofs`)).body).count).toBe(0);
  });
});

test("a challenge says its nonce under both names, and how long it is good", async () => {
  const {ask} = await open(deskOf(LOCK));
  const nonce = "ab".repeat(24);
  expect((await ask(`${BASE}/ngc-challenge`)).body).toBe(
    `{"expires_at_unix":1795000600,"qsdm_ingest_nonce":"${nonce}","qsdmplus_ingest_nonce":"${nonce}","ttl_seconds":600}\n`,
  );
  const off = await open(deskOf(null));
  expect((await off.ask(`${BASE}/ngc-challenge`)).status).toBe(404);
});

describe("a lock", () => {
  const answer = {...SEEN, qsdm_ingest_nonce: "ab".repeat(24)};
  const mac = createHmac("sha256", SECRET).update(`v2\n\nh\nt\n${answer.qsdm_ingest_nonce}\n`).digest("hex");

  test("shuts writes with 403 until a bundle answers its challenge, and again after one write", async () => {
    const {ask, post, write} = await open(deskOf(LOCK));
    expect(await write()).toMatchObject({status: 403, code: "NVIDIA_LOCKED"});
    await ask(`${BASE}/ngc-challenge`);
    expect((await post({...answer, qsdm_proof_hmac: mac})).status).toBe(200);
    expect([(await write()).status, (await write()).status]).toEqual([202, 403]);
    const health = JSON.parse((await ask("/api/v1/health", {}, null)).body).nvidia_lock;
    expect(health).toMatchObject({enabled: true, proof_ok: false, http_blocks_total: 2, ingest_nonce_required: true});
  });

  test("a write that the ledger refuses uses no bundle up", async () => {
    const submit = () => Promise.reject(new RuleError("BALANCE_TOO_LOW", "poor"));
    const {ask, post, write} = await open(deskOf(LOCK), {submit});
    await ask(`${BASE}/ngc-challenge`);
    await post({...answer, qsdm_proof_hmac: mac});
    expect([(await write()).code, (await write()).code]).toEqual(["BALANCE_TOO_LOW", "BALANCE_TOO_LOW"]);
  });

  test("leaves reads and evidence alone", async () => {
    const {ask} = await open(deskOf(LOCK));
    expect((await ask("/api/v1/status", {}, null)).status).toBe(200);
    const slash = {method: "POST", headers: {"content-type": "application/cbor"}, body: new Uint8Array(3)};
    expect((await ask("/api/v1/mining/slash", slash, null)).status).not.toBe(403);
  });
});

test("health says of a node without a lock that it has none", async () => {
  const {ask} = await open(null);
  expect(JSON.parse((await ask("/api/v1/health", {}, null)).body).nvidia_lock).toEqual({
    enabled: false,
    proof_ok: false,
    max_proof_age_seconds: 900,
    node_id_binding_enabled: false,
    hmac_required: false,
    ingest_nonce_required: false,
    ingest_nonce_ttl_seconds: 600,
    http_blocks_total: 0,
    ngc_challenge_issued_total: 0,
    ngc_ingest_nonce_pool_size: 0,
  });
});

test("metrics count what came in, what was refused and why, and what the lock shut out", async () => {
  const desk = deskOf(LOCK);
  desk.challenge();
  expect(() => desk.take(new Uint8Array([0x7b]))).toThrow();
  expect(() => desk.passWrite()).toThrow();
  const text = await new NodeMetrics({
    view,
    poolSize: () => 0,
    tableReady: () => true,
    ngc: desk,
    wire: NO_WIRE,
    batches: () => NO_BATCHES,
    sync: () => IN_SYNC,
    signaturesChecked: () => 3,
    bodies: {checked: 5, mismatches: 1},
    cluster: null,
    store: () => STORE_FIGURES,
    snapshots: () => ({
      succeeded: 3,
      failed: 1,
      lastHeight: 50_000n,
      lastCreatedAtMs: 1_800_000_000_000,
      lastDurationMs: 2_500,
      lastSizeBytes: 9_000_000,
      inProgress: true,
    }),
  }).scrape();
  for (const line of [
    "qsdm_ngc_challenge_issued_total 1",
    "qsdm_ngc_ingest_nonce_pool_size 1",
    "qsdm_nvidia_lock_http_blocks_total 1",
    'qsdm_ngc_proof_ingest_rejected_total{reason="invalid_json"} 1',
    'qsdm_ngc_proof_ingest_rejected_total{reason="hmac"} 0',
  ])
    expect(text).toContain(`${line}\n`);
});
