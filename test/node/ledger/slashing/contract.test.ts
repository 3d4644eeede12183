import {describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../../src/codecs/bytes.js";
import type {Proof} from "../../../../src/codecs/mining/proof.js";
import {freshnessCheat} from "../../../../src/codecs/slashing/freshness-cheat.js";
import {SLASH_CONTRACT, slashPayload} from "../../../../src/codecs/slashing/payload.js";
import type {LedgerEvent} from "../../../../src/node/ledger/chain/events.js";
import {readTransaction} from "../../../../src/node/ledger/chain/transaction.js";
import {enrollContract} from "../../../../src/node/ledger/enrollment/contract.js";
import {accountAt, countDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {slashContract} from "../../../../src/node/ledger/slashing/contract.js";
import {enrollments, gpuBindings} from "../../../../src/node/ledger/state/stores.js";
import {transferContract} from "../../../../src/node/ledger/transfer/contract.js";
import {contentOf, signed, testAccount} from "../../../support/accounts.js";
import {extend, extendWith, openTestChain, STAKE_DUST, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {
  BOND_DUST,
  enrollmentPayload,
  signedEnrollment,
  signedProof,
  signedSlash,
  withBrokenSignature,
} from "../../../support/proofs.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const node = testAccount("rig key");
const RIG = {nodeId: "rig-1", node, owner};
const FUNDS = 5_000_000_000n;
const genesis = testGenesis([owner, watcher].map((each) => ({to: each.address, amountDust: FUNDS})));

/** A chain with one enrolled rig, and everything it has told. */
async function enrolled() {
  const test = await openTestChain(scratchDirectory(), genesis, {
    contracts: [slashContract, enrollContract, transferContract],
  });
  const events: LedgerEvent[] = [];
  test.chain.subscribe((committed) => events.push(...committed.events));
  const {txId} = await test.intake.submit(signedEnrollment(owner, 0n, enrollmentPayload(owner, RIG)));
  await extend(test.intake);
  return {...test, events, txId};
}
const PAIR = [signedProof(RIG, {height: 1n, fill: 1}), signedProof(RIG, {height: 1n, fill: 2})] as const;

describe("an enrollment", () => {
  test("locks the bond, binds the GPU and remembers the node key", async () => {
    const {chain, events} = await enrolled();
    expect(chain.state.get(enrollments, "rig-1")).toMatchObject({
      owner: owner.address,
      stakeDust: BOND_DUST,
      nodeKey: node.publicKey,
      enrolledAtHeight: 1n,
      revokedAtHeight: null,
    });
    expect(accountAt(chain.state, owner.address).balanceDust).toBe(FUNDS - BOND_DUST - 1_000n);
    expect(countDust(chain.state).bondsDust).toBe(STAKE_DUST + BOND_DUST);
    expect(chain.state.get(gpuBindings, "gpu-rig-1")).toEqual({nodeId: "rig-1"});
    expect(events).toEqual([{type: "enrollment-applied", nodeId: "rig-1", owner: owner.address, stakeDust: BOND_DUST}]);
  });

  const poor = testAccount("poor");
  test.each<[string, Uint8Array]>([
    ["ENROLLMENT_NODE_ID_BOUND", enrollmentPayload(watcher, {nodeId: "rig-1", node, gpuUuid: "GPU-other"})],
    ["ENROLLMENT_GPU_BOUND", enrollmentPayload(watcher, {nodeId: "rig-2", node, gpuUuid: "GPU-RIG-1"})],
    ["ENROLLMENT_SIGNATURE_INVALID", enrollmentPayload(watcher, {nodeId: "rig-2", node}, {nodeKey: poor.publicKey})],
    ["ENROLLMENT_SIGNATURE_INVALID", enrollmentPayload(watcher, {nodeId: "rig-2", node}, {claimOwner: owner.address})],
  ])("is included as rejected: %s", async (code, payload) => {
    const {chain, intake, store, events} = await enrolled();
    const {txId} = await intake.submit(signedEnrollment(watcher, 0n, payload));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code, feeDust: 1_000n});
    expect(accountAt(chain.state, watcher.address).balanceDust).toBe(FUNDS - 1_000n);
    expect(events.at(-1)).toMatchObject({type: "enrollment-rejected", reason: code.slice(11).toLowerCase()});
  });

  test("is included as rejected when the bond cannot be paid", async () => {
    const {intake, store} = await enrolled();
    const payload = enrollmentPayload(watcher, {nodeId: "rig-2", node});
    for (let nonce = 0n; nonce < 5n; nonce++) {
      const each = enrollmentPayload(watcher, {nodeId: `rig-${nonce + 10n}`, node});
      await intake.submit(signedEnrollment(watcher, nonce, each));
    }
    const {txId} = await intake.submit(signedEnrollment(watcher, 5n, payload));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "ENROLLMENT_INSUFFICIENT_BALANCE"});
  });

  test.each<[string, Uint8Array]>([
    ["ENROLLMENT_STAKE_MISMATCH", enrollmentPayload(watcher, {nodeId: "rig-2", node}, {stakeDust: BOND_DUST - 1n})],
    ["ENROLLMENT_DECODE_FAILED", enrollmentPayload(watcher, {nodeId: "Rig", node})],
    ["ENROLLMENT_DECODE_FAILED", enrollmentPayload(watcher, {nodeId: "rig-2", node, gpuUuid: "gpu-lower"})],
    [
      "ENROLLMENT_DECODE_FAILED",
      enrollmentPayload(watcher, {nodeId: "rig-2", node}, {payload: new TextEncoder().encode('{"kind":"enroll"}')}),
    ],
    ["ENROLLMENT_DECODE_FAILED", Uint8Array.of(0)],
  ])("never gets into the pool: %s", async (code, payload) => {
    const {intake, pool} = await enrolled();
    await expect(intake.submit(signedEnrollment(watcher, 0n, payload))).rejects.toMatchObject({code});
    expect(pool.size).toBe(0);
  });
});

describe("a slash", () => {
  test("takes the bond, pays a quarter to the watcher, burns the rest and revokes the rig", async () => {
    const {chain, intake, store, events} = await enrolled();
    const burned = supplyOf(chain.state).burnedDust;
    const {txId} = await intake.submit(signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: PAIR}));
    await extend(intake);
    const outcome = {
      nodeId: "rig-1",
      evidenceKind: "double-mining",
      slashedDust: BOND_DUST,
      rewardedDust: 250_000_000n,
      burnedDust: 750_000_000n,
      autoRevoked: true,
      remainingDust: 0n,
    };
    expect(store.receipt(txId)).toMatchObject({outcome: "applied", slash: outcome});
    expect(store.slashReceipt(txId)).toMatchObject({
      outcome: "applied",
      slasher: watcher.address,
      slash: outcome,
      height: 2n,
    });
    expect(accountAt(chain.state, watcher.address).balanceDust).toBe(FUNDS - 1_000n + 250_000_000n);
    expect(supplyOf(chain.state).burnedDust - burned).toBe(750_000_000n + 500n);
    expect(chain.state.get(enrollments, "rig-1")).toMatchObject({stakeDust: 0n, revokedAtHeight: 2n});
    expect(chain.state.has(gpuBindings, "gpu-rig-1")).toBe(false);
    expect(events.at(-1)).toEqual({type: "slash-applied", txId, slasher: watcher.address, outcome});
  });

  test("that asks for less than the offence costs is rejected, and the offence stays open", async () => {
    const {chain, intake, store} = await enrolled();
    const friend = signedSlash(owner, {nonce: 1n, nodeId: "rig-1", pair: PAIR, amountDust: BOND_DUST - 1n});
    const {txId} = await intake.submit(friend);
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "SLASH_AMOUNT_TOO_LOW"});
    expect(chain.state.get(enrollments, "rig-1")?.revokedAtHeight).toBeNull();
    const whole = await intake.submit(signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: PAIR}));
    await extend(intake);
    expect(store.receipt(whole.txId)?.slash?.slashedDust).toBe(BOND_DUST);
  });

  test("is never more than the cap or the bond", async () => {
    const {intake, store} = await enrolled();
    const {txId} = await intake.submit(
      signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: PAIR, amountDust: 2n ** 64n - 1n}),
    );
    await extend(intake);
    expect(store.receipt(txId)?.slash?.slashedDust).toBe(BOND_DUST);
  });

  test("happens once for an offence, whatever the order, memo or third proof", async () => {
    const {chain, store} = await enrolled();
    const third = signedProof(RIG, {height: 1n, fill: 3});
    const half = {nodeId: "rig-1"};
    // Offered as a block's own, because the door takes one slash for each offence.
    const transactions = [
      signedSlash(watcher, {...half, nonce: 0n, pair: PAIR}),
      signedSlash(watcher, {...half, nonce: 1n, pair: [PAIR[1], PAIR[0]]}),
      signedSlash(watcher, {...half, nonce: 2n, pair: PAIR, memo: "again"}),
      signedSlash(watcher, {...half, nonce: 3n, pair: [PAIR[0], third]}),
    ].map(readTransaction);
    await extendWith(chain, {timeMs: chain.tip.timeMs + 1_000n, transactions, proofs: []});
    expect(store.receipt(transactions[0]!.txId)?.outcome).toBe("applied");
    for (const {txId} of transactions.slice(1))
      expect(store.receipt(txId)).toMatchObject({
        outcome: "rejected",
        code: "SLASH_EVIDENCE_REPLAYED",
        feeDust: 1_000n,
      });
  });

  const stranger = testAccount("stranger");
  const framed = {...RIG, node: stranger};
  const other = {...RIG, nodeId: "rig-9"};
  const reattested = {...PAIR[0], attestation: {...PAIR[0].attestation, issuedAt: 1_800_000_001n}};
  test.each<[string, string, readonly [(typeof PAIR)[0], (typeof PAIR)[0]]]>([
    [
      "proofs that another key signed",
      "SLASH_VERIFIER_FAILED",
      [signedProof(framed, {height: 1n, fill: 1}), signedProof(framed, {height: 1n, fill: 2})],
    ],
    [
      "one proof that another key signed",
      "SLASH_VERIFIER_FAILED",
      [PAIR[0], signedProof(framed, {height: 1n, fill: 2})],
    ],
    ["a signature with one bit changed", "SLASH_VERIFIER_FAILED", [PAIR[0], withBrokenSignature(PAIR[1])]],
    [
      "proofs for another chain",
      "SLASH_VERIFIER_FAILED",
      [
        signedProof({...RIG, chainId: "other"}, {height: 1n, fill: 1}),
        signedProof({...RIG, chainId: "other"}, {height: 1n, fill: 2}),
      ],
    ],
    ["proofs at two heights", "SLASH_VERIFIER_FAILED", [PAIR[0], signedProof(RIG, {height: 2n, fill: 2})]],
    [
      "proofs of two epochs",
      "SLASH_VERIFIER_FAILED",
      [PAIR[0], signedProof(RIG, {height: 1n, fill: 2, change: {epoch: 1n}})],
    ],
    ["one solution attested twice", "SLASH_VERIFIER_FAILED", [PAIR[0], reattested]],
    ["version 1 proofs", "SLASH_VERIFIER_FAILED", [PAIR[0], {...PAIR[1], version: 1}]],
    [
      "proofs of another node",
      "SLASH_VERIFIER_FAILED",
      [signedProof(other, {height: 1n, fill: 1}), signedProof(other, {height: 1n, fill: 2})],
    ],
    [
      "proofs from before the enrollment",
      "SLASH_VERIFIER_FAILED",
      [signedProof(RIG, {height: 0n, fill: 1}), signedProof(RIG, {height: 0n, fill: 2})],
    ],
  ])("with %s proves nothing, and its fee is paid", async (_what, code, pair) => {
    const {chain, intake, store, events} = await enrolled();
    const {txId} = await intake.submit(signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair}));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code, feeDust: 1_000n});
    expect(store.slashReceipt(txId)).toMatchObject({outcome: "rejected", rejectCode: code});
    expect(chain.state.get(enrollments, "rig-1")?.stakeDust).toBe(BOND_DUST);
    expect(events.at(-1)).toEqual({type: "slash-rejected", txId, slasher: watcher.address, reason: "verifier_failed"});
  });

  test("of a node that is not enrolled is rejected", async () => {
    const {intake, store} = await enrolled();
    const {txId} = await intake.submit(signedSlash(watcher, {nonce: 0n, nodeId: "rig-9", pair: PAIR}));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "SLASH_NODE_NOT_ENROLLED"});
  });

  test("of a drained bond is rejected, whatever the offence", async () => {
    const {intake, store} = await enrolled();
    await intake.submit(signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: PAIR}));
    const later = [signedProof(RIG, {height: 2n, fill: 1}), signedProof(RIG, {height: 2n, fill: 2})] as const;
    const {txId} = await intake.submit(signedSlash(watcher, {nonce: 1n, nodeId: "rig-1", pair: later}));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "SLASH_NOTHING_LEFT"});
  });

  test("of nothing never gets into the pool", async () => {
    const {intake} = await enrolled();
    const zero = signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: PAIR, amountDust: 0n});
    await expect(intake.submit(zero)).rejects.toMatchObject({code: "SLASH_DECODE_FAILED"});
  });
});

describe("a stale challenge, on a chain that certifies its headers", () => {
  const SECOND = 1_000n;

  /** An enrolled rig, and a proof of it that quotes block 2, `ageSeconds` after its challenge was issued. */
  async function quoting(ageSeconds: bigint) {
    const opened = await enrolled();
    await extend(opened.intake);
    const quoted = opened.chain.nextBlock(0n).ancestor(2n)!;
    const time = quoted.timeMs / SECOND;
    const {attestation} = PAIR[0];
    const change = {
      headerHash: bytesOfHex(quoted.id),
      attestation: {...attestation, issuedAt: time - ageSeconds},
    };
    return {...opened, proof: signedProof(RIG, {height: 2n, fill: 1, change}), time};
  }

  /** What becomes of the accusation that `proof` was stale at `anchorBlockTime`. */
  async function accuse(
    {intake, store}: Pick<Awaited<ReturnType<typeof quoting>>, "intake" | "store">,
    evidence: {proof: Proof; anchorHeight: bigint; anchorBlockTime: bigint},
    nonce = 0n,
  ) {
    const payload = slashPayload.encode({
      nodeId: "rig-1",
      evidenceKind: "freshness-cheat",
      evidence: freshnessCheat.encode({...evidence, memo: ""}),
      slashAmountDust: BOND_DUST,
      memo: "",
    });
    const {txId} = await intake.submit(signed(watcher, contentOf(watcher, {nonce, contract: SLASH_CONTRACT, payload})));
    await extend(intake);
    return store.receipt(txId)!;
  }

  test("costs the bond when it was older than window and grace by the certified time", async () => {
    const test = await quoting(91n);
    const receipt = await accuse(test, {proof: test.proof, anchorHeight: 2n, anchorBlockTime: test.time});
    expect(receipt).toMatchObject({outcome: "applied", slash: {evidenceKind: "freshness-cheat"}});
    expect(test.chain.state.get(enrollments, "rig-1")).toMatchObject({stakeDust: 0n});
  });

  test("is not one that a proposer makes by holding a fresh proof back", async () => {
    const test = await quoting(5n);
    const {chain, intake, proof, time} = test;
    // Blocks go on for hours without the proof.
    for (let hour = 1n; hour <= 3n; hour++)
      await extendWith(chain, {timeMs: chain.tip.timeMs + 3_600n * SECOND, transactions: [], proofs: []});
    const late = chain.tip.timeMs / SECOND;
    expect(late - time).toBeGreaterThan(10_000n);
    const lies = [
      {anchorHeight: 2n, anchorBlockTime: time},
      {anchorHeight: 2n, anchorBlockTime: late},
      {anchorHeight: chain.tip.height, anchorBlockTime: late},
    ];
    for (const [nonce, lie] of lies.entries()) {
      const receipt = await accuse(test, {proof, ...lie}, BigInt(nonce));
      expect(receipt, `lie ${nonce}`).toMatchObject({outcome: "rejected", code: "SLASH_VERIFIER_FAILED"});
    }
    expect(chain.state.get(enrollments, "rig-1")).toMatchObject({stakeDust: BOND_DUST, revokedAtHeight: null});
    expect(intake.isEmpty(chain.tip.id)).toBe(true);
  });

  test("over a header that is on no chain proves nothing", async () => {
    const test = await quoting(91n);
    const proof = signedProof(RIG, {height: 2n, fill: 2, change: {attestation: test.proof.attestation}});
    const receipt = await accuse(test, {proof, anchorHeight: 2n, anchorBlockTime: test.time});
    expect(receipt).toMatchObject({outcome: "rejected", code: "SLASH_VERIFIER_FAILED"});
    expect(receipt.message).toContain("quotes another header");
  });
});
