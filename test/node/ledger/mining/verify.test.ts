import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {base64Of, concat, equalBytes, hexOf, textOf, utf8} from "../../../../src/codecs/bytes.js";
import type {CellLookup} from "../../../../src/codecs/mining/cells.js";
import {decodeKeyBundle, withKeyBundle} from "../../../../src/codecs/mining/key-bundle.js";
import {encodeProof, NO_ATTESTATION, type Proof, proofIdOf} from "../../../../src/codecs/mining/proof.js";
import {ChallengeVerifier} from "../../../../src/node/ledger/attestation/challenge.js";
import type {VerifyContext} from "../../../../src/node/ledger/mining/context.js";
import {ProofRejection, type RejectReason} from "../../../../src/node/ledger/mining/rejection.js";
import {verifyProof} from "../../../../src/node/ledger/mining/verify.js";
import {WORK_SET} from "../../../../src/node/ledger/mining/work-set.js";
import {attestWithMac} from "../../../../src/node/mining/attest.js";
import {testAccount} from "../../../support/accounts.js";
import {
  bindingOf,
  contextFor,
  recordOf,
  signedBy,
  solved,
  solvedUnbound,
  TEST_NOW_MS,
  testChallenge,
  testHeader,
  testRig,
} from "../../../support/mining.js";

const rig = testRig("rig-1");
const other = testRig("rig-2", rig.owner);
const context = contextFor([rig, other]);

/** Why `raw` is refused. */
function refusalOf(raw: Uint8Array, against: VerifyContext = context): ProofRejection {
  try {
    verifyProof(raw, against);
  } catch (error) {
    if (error instanceof ProofRejection) return error;
    throw error;
  }
  throw new Error("the proof was accepted");
}

function expectRefusal(proof: Proof, reason: RejectReason, detail: RegExp | string, against = context): void {
  const refusal = refusalOf(encodeProof(proof), against);
  expect(refusal).toMatchObject({reason, code: `PROOF_${reason.toUpperCase().replaceAll("-", "_")}`});
  expect(refusal.detail).toMatch(detail);
}

/** A challenge for the rig's proof at the tip. */
const challengeAt = (nowMs: bigint) => testChallenge(nowMs, bindingOf(rig, solved(rig)));

const withChain = (change: Partial<VerifyContext["chain"]>): VerifyContext => ({
  ...context,
  chain: {...context.chain, ...change},
});

describe("a strict proof", () => {
  test("is accepted when its node, its work and its signature are right", () => {
    const proof = signedBy(rig, solved(rig));
    const verified = verifyProof(encodeProof(proof), context);
    expect(verified).toMatchObject({proof, proofId: proofIdOf(proof)});
    expect(verified.node?.record.nodeId).toBe("rig-1");
  });

  test("is accepted down to the grace window below the tip", () => {
    expect(verifyProof(encodeProof(signedBy(rig, solved(rig, {height: 4n}))), context).proof.height).toBe(4n);
    expectRefusal(signedBy(rig, solved(rig, {height: 3n})), "too-late", "height 3 is 7 blocks behind tip 10 (grace=6)");
  });

  test("is refused when its bytes are not canonical, surrounding space included", () => {
    const raw = encodeProof(signedBy(rig, solved(rig)));
    for (const text of [` ${textOf(raw)}`, `${textOf(raw)}\n`, textOf(raw).toUpperCase(), "{", ""])
      expect(refusalOf(utf8(text)).reason).toBe("non-canonical");
  });

  test("is refused in version 1", () => {
    expectRefusal({...solved(rig), version: 1}, "bad-version", "post-fork got v1 want v2");
  });

  test("is refused without attestation, or with one that nobody signed", () => {
    expectRefusal(solved(rig), "attestation", "mining: v2 proof missing mandatory attestation");
    const unsigned = attestWithMac(solved(rig), rig, testChallenge());
    expectRefusal(unsigned, "attestation", /got attestation type "nvidia-hmac-v1" want "qsdm-key-v1"/);
  });

  test("is refused at a height that is not there yet, in a wrong epoch, or over another header", () => {
    const {headerHash} = solved(rig);
    expectRefusal(signedBy(rig, solved(rig, {height: 11n})), "stale-height", "height 11 is in the future (tip 10)");
    expectRefusal(signedBy(rig, solved(rig, {epoch: 1n})), "wrong-epoch", "proof epoch 1 != derived 0");
    const elsewhere = signedBy(rig, solved(rig, {height: 9n, headerHash}));
    expectRefusal(elsewhere, "header-mismatch", "header hash mismatch at height 9");
    expectRefusal(
      signedBy(rig, solved(rig)),
      "header-mismatch",
      "no header at height 10",
      withChain({header: () => null}),
    );
  });

  test("is refused a second time, and a second one of the same node and height too", () => {
    const proof = signedBy(rig, solved(rig));
    expectRefusal(proof, "duplicate", /^proof [0-9a-f]{16} already seen$/, withChain({isSeen: () => true}));
    const mark = withChain({hasProof: (nodeId, height) => nodeId === "rig-1" && height === 10n});
    expectRefusal(proof, "duplicate", "node rig-1 already has a proof at height 10", mark);
    expect(verifyProof(encodeProof(signedBy(other, solved(other))), mark).node?.record.nodeId).toBe("rig-2");
  });

  test("is refused when its node is unknown, revoked or without a key", () => {
    const proof = signedBy(rig, solved(rig));
    const known = (change: object | null) =>
      withChain({enrollment: () => (change ? {...recordOf(rig), ...change} : null)});
    expectRefusal(proof, "attestation", "node rig-1 is not enrolled", known(null));
    expectRefusal(proof, "attestation", "node rig-1 was revoked at height 9", known({revokedAtHeight: 9n}));
    expectRefusal(proof, "attestation", "node rig-1 has no registered key", known({nodeKey: null}));
  });

  test("is refused when it would pay somebody else than the owner of its node", () => {
    const thief = testAccount("thief");
    const stolen = signedBy(rig, {...solved(rig), minerAddr: thief.address});
    expectRefusal(stolen, "bad-addr", `miner address is not ${rig.owner.address}, the owner of node rig-1`);
  });

  test("is refused under quarantine", () => {
    const proof = signedBy(rig, solved(rig));
    expectRefusal(proof, "quarantined", /under fraud quarantine$/, withChain({isQuarantined: () => true}));
  });

  test("is refused for batches beyond the maximum or under another root", () => {
    expectRefusal(signedBy(rig, solved(rig, {batchCount: 2})), "batch-size", "batch_count 2 > max 1");
    const elsewhere = signedBy(rig, solved(rig, {batchRoot: new Uint8Array(32)}));
    expectRefusal(elsewhere, "batch-root", "batch_root mismatch");
  });

  test("is refused when the hash misses the target or the mix is made up", () => {
    const hard = {...context, work: {...context.work, difficulty: () => 1n << 200n}};
    expectRefusal(signedBy(rig, solved(rig)), "work", "hash does not meet target", hard);
    const easy = {...context, work: {...context.work, difficulty: () => 1n}};
    expectRefusal(signedBy(rig, solved(rig, {mixDigest: new Uint8Array(32)})), "work", "mix_digest mismatch", easy);
  });
});

describe("the evidence of a strict proof", () => {
  test("must name the node of the bundle around it", () => {
    const proof = signedBy(other, solved(other));
    const evidence = attestWithMac(solved(other), rig, testChallenge()).attestation.bundle;
    const mixed = withKeyBundle(proof, {...decodeKeyBundle(proof.attestation.bundle), evidence});
    expectRefusal(mixed, "attestation", "evidence names node rig-1, the bundle rig-2");
  });

  test("must be bound to this solution", () => {
    const first = solved(rig);
    const second = solved(rig, {}, 100);
    const {attestation} = signedBy(rig, first);
    expectRefusal({...second, attestation}, "attestation", /challenge_bind mismatch/);
  });

  test("must be MACed with the enrolled key, for the enrolled GPU", () => {
    const forged = {...rig, hmacKey: new Uint8Array(32)};
    expectRefusal(signedBy(forged, solved(rig)), "attestation", /hmac mismatch for node "rig-1"/);
    const swapped = {...rig, gpuUuid: "GPU-other"};
    expectRefusal(signedBy(swapped, solved(rig)), "attestation", /gpu_uuid "GPU-other" != registered "GPU-rig-1"/);
  });

  test("must be about a GPU that can exist", () => {
    const refused = {...rig, gpuArch: "rubin"};
    expectRefusal(signedBy(refused, solved(rig)), "attestation", /unknown gpu_arch: "rubin"/);
    const mismatch = {...rig, gpuArch: "hopper"};
    expectRefusal(signedBy(mismatch, solved(rig)), "attestation", /gpu_name does not match claimed gpu_arch/);
  });

  test("must quote a challenge that is at most 60 seconds old and at most 5 ahead", () => {
    const at = (seconds: bigint) =>
      signedBy(rig, solved(rig), {challenge: challengeAt(TEST_NOW_MS + seconds * 1_000n)});
    for (const seconds of [-60n, 5n])
      expect(verifyProof(encodeProof(at(seconds)), context).node?.record.nodeId).toBe("rig-1");
    expectRefusal(at(-61n), "attestation", /attestation age 1m1s > window 1m0s/);
    expectRefusal(at(6n), "attestation", /issued 6s in future \(max skew 5s\)/);
  });

  test("is held against the quoted header inside a block, whenever the block was proposed", () => {
    const old = signedBy(rig, solved(rig), {challenge: challengeAt(TEST_NOW_MS - 61_000n)});
    const inBlock = {
      ...context,
      challenges: null,
      staleAgainst: "quoted-header",
      nowMs: TEST_NOW_MS + 600_000n,
    } as const;
    expectRefusal(old, "attestation", /attestation age 1m1s/, inBlock);
    const quoted = withChain({header: (height) => ({...testHeader(height), timeMs: TEST_NOW_MS - 61_000n})});
    const earlier = {...inBlock, chain: quoted.chain};
    expect(verifyProof(encodeProof(old), earlier).node?.record.nodeId).toBe("rig-1");
  });

  test("must quote a challenge of a known signer where the issuer's key is held", () => {
    const proof = signedBy(rig, solved(rig));
    const stranger = {...context, challenges: new ChallengeVerifier()};
    expectRefusal(proof, "attestation", /signer_id "validator-test": challenge: signer_id not recognised/, stranger);
    expect(verifyProof(encodeProof(proof), {...context, challenges: null}).node?.record.nodeId).toBe("rig-1");
  });
});

describe("a challenge is for one proof", () => {
  const proof = solved(rig);
  const bound = bindingOf(rig, proof);
  const refused = /challenge signature: challenge: signature verification failed/;

  test.each([
    ["nobody's in particular", null],
    ["another node's", {...bound, nodeId: "rig-2"}],
    ["another account's", {...bound, minerAddr: "ab".repeat(32)}],
    ["another height's", {...bound, height: bound.height - 1n}],
  ])("and %s is refused", (_what, binding) => {
    expectRefusal(signedBy(rig, proof, {challenge: testChallenge(TEST_NOW_MS, binding)}), "attestation", refused);
  });

  test("that outlives a proof which was refused: the mended one may quote it again", () => {
    const challenge = challengeAt(TEST_NOW_MS);
    const forged = signedBy({...rig, keys: other.keys}, proof, {challenge});
    expectRefusal(forged, "attestation", /does not verify under the registered key/);
    expect(verifyProof(encodeProof(signedBy(rig, proof, {challenge})), context).proof.height).toBe(10n);
  });

  test("and cannot carry a second one: the node has its proof at that height by then", () => {
    const challenge = challengeAt(TEST_NOW_MS);
    const again = signedBy(rig, solved(rig, {}, 100), {challenge});
    const used = withChain({hasProof: (nodeId, height) => nodeId === "rig-1" && height === 10n});
    expectRefusal(again, "duplicate", "node rig-1 already has a proof at height 10", used);
  });
});

describe("a solution is its miner's own", () => {
  const thief = testRig("rig-thief");
  const open = contextFor([rig, other, thief]);

  test("whoever copies it to its own account and node has no work", () => {
    const {nonce, mixDigest} = solved(rig);
    const copied = signedBy(thief, {...solved(thief), nonce, mixDigest});
    expect(refusalOf(encodeProof(copied), open)).toMatchObject({reason: "work"});
    const easy = {...open, work: {...open.work, difficulty: () => 1n}};
    expectRefusal(copied, "work", "mix_digest mismatch", easy);
  });

  test("one search does not serve two nodes of one owner", () => {
    expect(other.owner).toBe(rig.owner);
    const easy = {...open, work: {...open.work, difficulty: () => 1n}};
    expectRefusal(signedBy(other, solved(rig)), "work", "mix_digest mismatch", easy);
  });

  test("and costs its own walk for each node: nothing of it is shared but the table", () => {
    const digests = new Set([rig, other, thief].map((each) => hexOf(solved(each, {}, 0).mixDigest)));
    expect(digests.size).toBe(3);
  });

  test("a search that is bound to nobody is nobody's", () =>
    expect(refusalOf(encodeProof(signedBy(rig, solvedUnbound(rig))))).toMatchObject({reason: "work"}));
});

test("a batch that the chain does not hold is a fraud", () => {
  const holding = (lookup: CellLookup): VerifyContext => ({...context, work: {...context.work, lookup}});
  const cells = new Map(WORK_SET.flat().map(({id, contentHash}) => [hexOf(id), contentHash]));
  const proof = signedBy(rig, solved(rig));
  expect(
    verifyProof(
      encodeProof(proof),
      holding((id) => cells.get(hexOf(id)) ?? null),
    ).proof,
  ).toEqual(proof);
  expectRefusal(
    proof,
    "batch-fraud",
    "leaf 0 failed: mining: batch cell 0 references unknown parent cell",
    holding(() => null),
  );
  const another = holding(() => new Uint8Array(32).fill(1));
  expectRefusal(proof, "batch-fraud", "batch cell 0 content hash does not match the mesh", another);
});

test("the walk of a proof is the one of its height", () => {
  const forkedAt = (height: bigint): VerifyContext => ({
    ...context,
    work: {...context.work, mixVersion: (at) => (at >= height ? 2 : 1)},
  });
  const before = signedBy(rig, solved(rig, {height: 9n}));
  const plain = signedBy(rig, solved(rig));
  expect(verifyProof(encodeProof(before), forkedAt(10n)).proof.height).toBe(9n);
  expectRefusal(plain, "work", "mix_digest mismatch", forkedAt(10n));
});

describe("the signature of a strict proof", () => {
  test("must come from the node's registered key", () => {
    const impostor = {...rig, keys: other.keys};
    expectRefusal(signedBy(impostor, solved(rig)), "attestation", /does not verify under the registered key/);
  });

  test("is good on one chain only", () => {
    const proof = signedBy(rig, solved(rig), {chainId: "another-chain"});
    expectRefusal(proof, "attestation", /does not verify under the registered key/);
  });

  test("covers the claims outside the bundle", () => {
    const proof = signedBy(rig, solved(rig));
    const boasting = {...proof, attestation: {...proof.attestation, claimedHashrateHps: 100_000n}};
    expectRefusal(boasting, "attestation", /does not verify under the registered key/);
  });

  test("is not looked at before the work is", () => {
    let asked = 0;
    const counting = {
      ...context,
      verifySignature: () => {
        asked++;
        return false;
      },
    };
    const lazy = signedBy(rig, solved(rig, {mixDigest: new Uint8Array(32)}));
    expect(refusalOf(encodeProof(lazy), counting).reason).toBe("work");
    expect(asked).toBe(0);
    expect(refusalOf(encodeProof(signedBy(rig, solved(rig))), counting).reason).toBe("attestation");
    expect(asked).toBe(1);
  });

  test("a bundle that does not decode is refused", () => {
    const proof = signedBy(rig, solved(rig));
    for (const bundle of ["", "!", base64Of(utf8("{}")), proof.attestation.bundle.slice(0, -4)])
      expectRefusal({...proof, attestation: {...proof.attestation, bundle}}, "attestation", /./);
  });
});

test("under rules that ask for no node, a proof stands for itself", () => {
  const compat = {
    ...context,
    params: {
      ...context.params,
      rules: {...context.params.rules, proofOrder: "attestation-first", powBinding: "none"} as const,
    },
    compat: {checkAddress: () => undefined, checkAttestation: () => undefined},
  };
  const proof = attestWithMac(solvedUnbound(rig), rig, testChallenge());
  expect(verifyProof(encodeProof(proof), compat)).toMatchObject({proof, node: null});
  const closed = {...compat, compat: null};
  expectRefusal(proof, "attestation", /FailClosedVerifier is the default/, closed);
  expectRefusal({...solved(rig), attestation: NO_ATTESTATION}, "attestation", /missing mandatory attestation/, compat);
});

test("whatever is changed about a proof, it is refused for a reason and nothing else is thrown", () => {
  const good = encodeProof(signedBy(rig, solved(rig)));
  expect(() => verifyProof(good, context)).not.toThrow();
  const at = fc.nat({max: good.length - 1});
  const change = fc.oneof(
    fc.record({at, flip: fc.integer({min: 1, max: 255})}).map(({at: i, flip}) => good.with(i, good[i]! ^ flip)),
    at.map((length) => good.subarray(0, length)),
    fc
      .record({at, more: fc.uint8Array({minLength: 1, maxLength: 40})})
      .map(({at: i, more}) => concat(good.subarray(0, i), more, good.subarray(i))),
    fc.uint8Array({maxLength: 400}),
  );
  fc.assert(
    fc.property(change, (raw) => {
      if (!equalBytes(raw, good)) expect(refusalOf(raw).code).toMatch(/^PROOF_/);
    }),
    {numRuns: 400},
  );
});
