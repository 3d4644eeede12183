/** Admission of MAC-attested proofs, and what their blocks check without the admitting node's memory. */
import {beforeAll, beforeEach, describe, expect, test} from "vitest";
import type {DeviceTrustParams} from "../../src/codecs/chain/genesis.js";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {CompatMining} from "../../src/node/compat-mining.js";
import {readDeviceTrust} from "../../src/node/ledger/attestation/cc/trust.js";
import {insertRecord} from "../../src/node/ledger/enrollment/registry.js";
import type {VerifyContext} from "../../src/node/ledger/mining/context.js";
import {ProofRejection} from "../../src/node/ledger/mining/rejection.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {COMPAT_RULES} from "../../src/node/ledger/params/rules.js";
import {State} from "../../src/node/ledger/state/state.js";
import {attestWithMac} from "../../src/node/mining/attest.js";
import {attestWithCertificate, type CcDevice} from "../../src/node/mining/attest-cc.js";
import {TEST_CHAIN_ID} from "../support/accounts.js";
import {issue, signAs} from "../support/certificates.js";
import {
  contextFor,
  recordOf,
  solvedUnbound as solved,
  TEST_NOW_MS,
  testChallenge,
  testChallenges,
  testRig,
} from "../support/mining.js";

const rig = testRig("rig-1");
const params = chainParamsOf({
  chainId: TEST_CHAIN_ID,
  network: "compat",
  timeMs: 0n,
  params: {...NETWORK_PARAMS.compat, dagEntries: 64, initialDifficulty: 4n},
  allocations: [],
  validators: [],
  authorities: [],
  vestings: [],
});
const usual = contextFor([]);
const context: VerifyContext = {...usual, params: {...usual.params, rules: COMPAT_RULES}, challenges: null};

let state: State;
let mining: CompatMining;
beforeEach(() => {
  state = new State().fork();
  insertRecord(state, recordOf(rig), params);
  mining = new CompatMining(params, testChallenges());
});

let device: CcDevice;
let root: Uint8Array;
beforeAll(async () => {
  const authority = await issue({name: "NVIDIA Test Root"});
  const leaf = await issue({name: "NVIDIA GeForce RTX 4090", issuer: authority, ca: false, curve: "P-256"});
  root = authority.certificate.der;
  device = {
    certChain: [leaf.certificate.der],
    firmwareVer: "535.86.10",
    driverVer: "550.54.14",
    gpuArch: "ada",
    sign: (message) => signAs(leaf, message, {hash: "sha256", form: "der"}),
  };
});
/** What a chain that pins the device's root adds to the context. */
const trusting = (change: Partial<DeviceTrustParams> = {}): Partial<VerifyContext> => ({
  deviceTrust: readDeviceTrust({roots: [root], minFirmware: "535", minDriver: "550.54", references: [], ...change}),
});
const certified = (challenge = testChallenge(), proof: Proof = solved(rig)): Uint8Array =>
  encodeProof(attestWithCertificate(proof, device, challenge));

const attested = (proof: Proof = solved(rig), challenge = testChallenge()): Uint8Array =>
  encodeProof(attestWithMac(proof, rig, challenge));
const offer = (raw: Uint8Array, change: Partial<VerifyContext> = {}) =>
  mining.verifyOffered(state, raw, {...context, ...change});
const inBlock = (raw: Uint8Array, change: Partial<VerifyContext> = {}) =>
  mining.verifyInBlock(state, raw, {...context, ...change});

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProofRejection) return `${error.reason}: ${error.detail}`;
    throw error;
  }
  return "accepted";
}

describe("a proof that is offered", () => {
  test("needs no node key and pays whom it names", () => {
    const {proof, node} = offer(attested());
    expect(proof.minerAddr).toBe(rig.owner.address);
    expect(node).toBeNull();
  });

  test("uses its challenge up", () => {
    const challenge = testChallenge();
    offer(attested(solved(rig), challenge));
    const second = attested(solved(rig, {}, 7), challenge);
    expect(reasonOf(() => offer(second))).toMatch(/^attestation: .*nonce already used/);
  });

  test("is refused as a duplicate under another challenge", () => {
    offer(attested());
    expect(reasonOf(() => offer(attested()))).toMatch(/^duplicate: /);
  });

  test("may share its height with another of the same node", () => {
    offer(attested());
    expect(reasonOf(() => offer(attested(solved(rig, {}, 7))))).toBe("accepted");
  });

  test("is refused under a challenge of somebody else", () => {
    const challenge = {...testChallenge(), signerId: "validator-other"};
    expect(reasonOf(() => offer(attested(solved(rig), challenge)))).toMatch(/^attestation: .*signer_id/);
  });

  test("is refused when its challenge is a second too old", () => {
    const challenge = testChallenge(TEST_NOW_MS - 61_000n);
    expect(reasonOf(() => offer(attested(solved(rig), challenge)))).toMatch(/^attestation: .*window/);
  });

  test("is refused when its address cannot be paid", () => {
    expect(reasonOf(() => offer(attested(solved(rig, {minerAddr: "bob"}))))).toMatch(/^bad-addr: /);
  });

  test("is refused when its node is not enrolled", () => {
    state = new State().fork();
    expect(reasonOf(() => offer(attested()))).toMatch(/^attestation: .*not in operator registry/);
  });

  test("is refused with a challenge or a solution that an earlier run admitted", () => {
    const challenge = testChallenge();
    const earlier = [attested(solved(rig), challenge), certified()];
    for (const raw of earlier) mining.remember(raw, TEST_NOW_MS);
    const again = attested(solved(rig, {}, 7), challenge);
    expect(reasonOf(() => offer(again))).toMatch(/^attestation: hmac: nonce already used by node "rig-1"/);
    expect(reasonOf(() => offer(attested()))).toMatch(/^duplicate: /);
    expect(reasonOf(() => offer(earlier[1]!, trusting()))).toMatch(/^attestation: cc: nonce already used by device/);
  });

  test("of a GPU that this node denies is not admitted, and stands in blocks of others", () => {
    const raw = attested();
    expect(reasonOf(() => offer(raw, {deniedGpus: ["rtx 4090"]}))).toMatch(
      /^attestation: hmac: gpu_name .* on deny-list/,
    );
    expect(reasonOf(() => inBlock(raw, {deniedGpus: ["rtx 4090"]}))).toBe("accepted");
  });

  test("may carry a certified device's quote where the chain pins the device's root", () => {
    const challenge = testChallenge();
    expect(reasonOf(() => offer(certified(challenge), trusting()))).toBe("accepted");
    const again = certified(challenge, solved(rig, {}, 7));
    expect(reasonOf(() => offer(again, trusting()))).toMatch(
      /^attestation: cc: nonce already used by device [0-9a-f]{32}:/,
    );
    const elsewhere = certified({...testChallenge(), signerId: "validator-other"}, solved(rig, {}, 9));
    expect(reasonOf(() => offer(elsewhere, trusting()))).toMatch(
      /^attestation: cc: challenge signature: .*not recognised/,
    );
  });

  test("is refused when the device's software is older than the chain allows", () => {
    const against = trusting({minDriver: "550.54.15"});
    expect(reasonOf(() => offer(certified(), against))).toMatch(
      /^attestation: cc: pcr\.driver_ver 550\.54\.14 < min 550\.54\.15/,
    );
  });

  test("is refused with evidence of a type that needs a pinned root", () => {
    const proof = attestWithMac(solved(rig), rig, testChallenge());
    const raw = encodeProof({...proof, attestation: {...proof.attestation, type: "nvidia-cc-v1"}});
    expect(reasonOf(() => offer(raw))).toMatch(/^attestation: cc: .*not yet available/);
  });

  test("with a batch that is a fraud bars its address, and the bar ends", () => {
    // A work set whose batch repeats a cell passes its root and fails the spot check.
    const {workSet} = usual.work;
    const cell = workSet(0n)[0]![0]!;
    let reads = 0;
    const work = {...usual.work, workSet: () => (++reads > 1 ? [[cell, cell, cell]] : workSet(0n))};
    expect(reasonOf(() => offer(attested(), {work}))).toMatch(/^batch-fraud: /);
    expect(reasonOf(() => offer(attested()))).toMatch(/^quarantined: /);
    const elsewhere = solved(rig, {minerAddr: testRig("rig-2").owner.address});
    expect(reasonOf(() => offer(attested(elsewhere)))).not.toMatch(/^quarantined: /);
  });
});

describe("a proof inside a block", () => {
  test("is checked as often as blocks are, whoever admitted it", () => {
    const raw = attested();
    offer(raw);
    expect(reasonOf(() => inBlock(raw))).toBe("accepted");
    expect(reasonOf(() => inBlock(raw))).toBe("accepted");
    const elsewhere = attested(solved(rig), {...testChallenge(), signerId: "validator-other"});
    expect(reasonOf(() => inBlock(elsewhere))).toBe("accepted");
  });

  test("does not turn stale while it waits within the grace window, and does after it", () => {
    const raw = attested(solved(rig), testChallenge(TEST_NOW_MS - 60_000n));
    // Seven blocks of ten seconds beyond the window of sixty.
    expect(reasonOf(() => inBlock(raw, {nowMs: TEST_NOW_MS + 70_000n}))).toBe("accepted");
    expect(reasonOf(() => inBlock(raw, {nowMs: TEST_NOW_MS + 71_000n}))).toMatch(/^attestation: .*window/);
  });

  test("carries a device's quote past its challenge's minute, as long as the chain believes the device", () => {
    const raw = certified(testChallenge(TEST_NOW_MS - 60_000n));
    expect(reasonOf(() => inBlock(raw, {...trusting(), nowMs: TEST_NOW_MS + 70_000n}))).toBe("accepted");
    expect(reasonOf(() => inBlock(raw, trusting()))).toBe("accepted");
    expect(reasonOf(() => inBlock(raw))).toMatch(/^attestation: cc: .*not yet available/);
  });

  test("must still carry the MAC of its node", () => {
    const other = {...rig, hmacKey: new Uint8Array(32).fill(1)};
    const raw = encodeProof(attestWithMac(solved(rig), other, testChallenge()));
    expect(reasonOf(() => inBlock(raw))).toMatch(/^attestation: .*hmac mismatch/);
  });
});
