/** The lock of a node's operator: which bundle opens it, for how long, and for how many writes. */
import {createHmac} from "node:crypto";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {type LockOptions, NgcDesk} from "../../../../src/node/api/ngc/desk.js";

const SECRET = "a secret of some length";
const MAC_SECRET = "another one, for MACs";
const LOCK: LockOptions = {
  maxProofAgeMs: 900_000,
  expectedNodeId: null,
  macSecret: null,
  requireNonce: false,
  peers: false,
};
const SEEN = {cuda_proof_hash: "h", architecture: "NVIDIA Ada", gpu_fingerprint: {available: true}, timestamp_utc: "t"};
const STRICT = {...LOCK, macSecret: MAC_SECRET, requireNonce: true};

function setUp(lock: LockOptions | null) {
  let nowMs = 1_000_000;
  let drawn = 0;
  const desk = new NgcDesk(
    {ingestSecret: SECRET, nonceTtlMs: 600_000, lock},
    {nowMs: () => nowMs, randomBytes: (size) => new Uint8Array(size).fill(++drawn % 256, 0, 2).fill(drawn >> 8, 2)},
  );
  const take = (bundle: object): void => desk.take(utf8(JSON.stringify(bundle)));
  const pass = (): string => {
    try {
      desk.passWrite();
      return "passed";
    } catch (error) {
      return (error as {code: string}).code;
    }
  };
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  return {desk, take, pass, wait};
}

const macOf = (lines: readonly string[], key = MAC_SECRET): string =>
  createHmac("sha256", key)
    .update(`${lines.join("\n")}\n`)
    .digest("hex");
const answered = (nonce: string) => ({
  ...SEEN,
  qsdm_ingest_nonce: nonce,
  qsdm_proof_hmac: macOf(["v2", "", "h", "t", nonce]),
});

describe("a locked node", () => {
  test("lets writes pass while a bundle is fresh, and not before or after", () => {
    const {take, pass, wait} = setUp(LOCK);
    expect(pass()).toBe("NVIDIA_LOCKED");
    take(SEEN);
    expect([pass(), pass()]).toEqual(["passed", "passed"]);
    wait(LOCK.maxProofAgeMs);
    expect(pass()).toBe("passed");
    wait(1);
    expect(pass()).toBe("NVIDIA_LOCKED");
  });

  test.each([
    ["of another maker", {...SEEN, architecture: "CPU"}],
    ["that saw no GPU", {...SEEN, gpu_fingerprint: {available: false}}],
  ])("is not opened by a bundle %s", (_name, bundle) => {
    const {take, pass, desk} = setUp(LOCK);
    take(bundle);
    expect([pass(), desk.isProven(), desk.stats().blocked]).toEqual(["NVIDIA_LOCKED", false, 1]);
  });

  test("that names a node is opened by that node's bundles alone", () => {
    const {take, pass} = setUp({...LOCK, expectedNodeId: "rig-1"});
    take({...SEEN, qsdm_node_id: "rig-2"});
    expect(pass()).toBe("NVIDIA_LOCKED");
    take({...SEEN, qsdmplus_node_id: " rig-1 "});
    expect(pass()).toBe("passed");
  });

  test("that asks for a MAC is opened by the right one alone", () => {
    const {take, pass} = setUp({...LOCK, macSecret: MAC_SECRET});
    take(SEEN);
    take({...SEEN, qsdm_proof_hmac: macOf(["v1", "", "h", "t"], "not that key, another")});
    expect(pass()).toBe("NVIDIA_LOCKED");
    take({...SEEN, qsdm_proof_hmac: macOf(["v1", "", "h", "t"])});
    expect(pass()).toBe("passed");
  });
});

describe("with challenges", () => {
  test("each bundle answers one, and lets one write pass", () => {
    const {desk, take, pass} = setUp(STRICT);
    const {nonce} = desk.challenge();
    expect(nonce).toMatch(/^[0-9a-f]{48}$/);
    take(answered(nonce));
    expect([pass(), pass()]).toEqual(["passed", "NVIDIA_LOCKED"]);
    expect(() => take(answered(nonce))).toThrow(expect.objectContaining({code: "NGC_NONCE_INVALID"}));
  });

  test("a write that is not taken gives its pass back", () => {
    const {desk, take, pass} = setUp(STRICT);
    take(answered(desk.challenge().nonce));
    desk.passWrite()();
    expect(pass()).toBe("passed");
  });

  test("an answer comes in time, once, and under the MAC", () => {
    const {desk, take, wait} = setUp(STRICT);
    const late = desk.challenge().nonce;
    wait(600_000);
    expect(() => take(answered(late))).toThrow(expect.objectContaining({code: "NGC_NONCE_INVALID"}));
    const {nonce} = desk.challenge();
    const forged = {...answered(nonce), qsdm_proof_hmac: macOf(["v2", "", "h", "t", late])};
    expect(() => take(forged)).toThrow(expect.objectContaining({code: "NGC_MAC_INVALID"}));
    expect(() => take(answered(nonce))).toThrow(expect.objectContaining({code: "NGC_NONCE_INVALID"}));
    expect(desk.stats().refused).toMatchObject({nonce: 2, hmac: 1, invalid_json: 0});
  });

  test("no more than 512 are out at once", () => {
    const {desk, wait} = setUp(STRICT);
    for (let i = 0; i < 512; i++) desk.challenge();
    expect(() => desk.challenge()).toThrow(expect.objectContaining({code: "NGC_NONCES_OUT"}));
    wait(600_000);
    expect(desk.challenge().nonce).toMatch(/^[0-9a-f]{48}$/);
    expect(desk.stats()).toMatchObject({challenges: 513, openNonces: 1});
  });

  test("a node that asks for none issues none", () => {
    expect(() => setUp(LOCK).desk.challenge()).toThrow(expect.objectContaining({code: "NGC_CHALLENGE_NOT_FOUND"}));
  });
});

test("the newest 32 bundles are kept", () => {
  const {desk, take} = setUp(null);
  for (let i = 0; i < 40; i++) take({...SEEN, cuda_proof_hash: String(i)});
  expect(desk.list().map(({proof}) => proof.cudaProofHash)).toEqual(Array.from({length: 32}, (_, i) => String(i + 8)));
});

test("a node without a lock lets every write pass", () => {
  const {desk, pass} = setUp(null);
  expect([pass(), desk.isProven()]).toEqual(["passed", true]);
});

test("a lock for peers hears of nothing while no bundle is fresh, and a peer's transaction uses none up", () => {
  const {desk, take} = setUp({...LOCK, peers: true});
  expect(desk.passPeers()).toBe(false);
  take(SEEN);
  expect([desk.passPeers(), desk.passPeers()]).toEqual([true, true]);
  expect(desk.stats().blockedPeers).toBe(1);
  expect(setUp(LOCK).desk.passPeers()).toBe(true);
});
