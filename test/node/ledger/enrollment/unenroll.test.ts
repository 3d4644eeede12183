import {describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import type {LedgerEvent} from "../../../../src/node/ledger/chain/events.js";
import {enrollContract} from "../../../../src/node/ledger/enrollment/contract.js";
import {unenrollContract} from "../../../../src/node/ledger/enrollment/unenroll.js";
import {accountAt, countDust} from "../../../../src/node/ledger/monetary/supply.js";
import {enrollments, gpuBindings} from "../../../../src/node/ledger/state/stores.js";
import {testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, STAKE_DUST, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {BOND_DUST, enrollmentPayload, signedEnrollment, signedUnenrollment} from "../../../support/proofs.js";

const owner = testAccount("owner");
const other = testAccount("other");
const node = testAccount("rig key");
const FUNDS = 5_000_000_000n;
const FEE = 1_000n;
const base = testGenesis([owner, other].map((each) => ({to: each.address, amountDust: FUNDS})));
// Three blocks of unbond window, so that a test can sit through it.
const genesis = {...base, params: {...base.params, unbondWindowSeconds: 3}};

/** A chain at height 1 on which `owner` has enrolled rig-1, and everything it has told since. */
async function enrolled() {
  const opened = await openTestChain(scratchDirectory(), genesis, {contracts: [enrollContract, unenrollContract]});
  await opened.intake.submit(signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node})));
  await extend(opened.intake);
  const events: LedgerEvent[] = [];
  opened.chain.subscribe((committed) => events.push(...committed.events));
  return {...opened, events};
}

describe("an unenrollment by the owner", () => {
  test("revokes the node at once, frees the GPU and keeps the bond and the node id", async () => {
    const {chain, intake, store, events} = await enrolled();
    const {txId} = await intake.submit(signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1"}));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "applied", height: 2n, feeDust: FEE});
    expect(chain.state.get(enrollments, "rig-1")).toMatchObject({
      stakeDust: BOND_DUST,
      revokedAtHeight: 2n,
      unbondMaturesAtHeight: 5n,
    });
    expect(chain.state.has(gpuBindings, "gpu-rig-1")).toBe(false);
    expect(accountAt(chain.state, owner.address).balanceDust).toBe(FUNDS - BOND_DUST - 2n * FEE);
    expect(events).toEqual([
      {type: "unenrollment-applied", nodeId: "rig-1", owner: owner.address, stakeDust: BOND_DUST},
    ]);
  });

  test("returns the bond in the block at the maturity height, not one earlier, and frees the node id", async () => {
    const {chain, intake, events} = await enrolled();
    await intake.submit(signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1"}));
    for (let height = 2n; height <= 4n; height++) await extend(intake);
    expect(chain.tip.height).toBe(4n);
    expect(countDust(chain.state).bondsDust).toBe(STAKE_DUST + BOND_DUST);
    await extend(intake);
    expect(countDust(chain.state).bondsDust).toBe(STAKE_DUST);
    expect(accountAt(chain.state, owner.address).balanceDust).toBe(FUNDS - 2n * FEE);
    expect(chain.state.has(enrollments, "rig-1")).toBe(false);
    expect(events.at(-1)).toEqual({
      type: "bond-swept",
      nodeId: "rig-1",
      owner: owner.address,
      stakeDust: BOND_DUST,
    });
  });

  test("lets another account enroll the GPU during the window, but not the node id", async () => {
    const {intake, store} = await enrolled();
    await intake.submit(signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1"}));
    await extend(intake);
    const sameName = enrollmentPayload(other, {nodeId: "rig-1", node, gpuUuid: "GPU-new"});
    const sameGpu = enrollmentPayload(other, {nodeId: "rig-2", node, gpuUuid: "GPU-rig-1"});
    const taken = await intake.submit(signedEnrollment(other, 0n, sameName));
    const free = await intake.submit(signedEnrollment(other, 1n, sameGpu));
    await extend(intake);
    expect(store.receipt(taken.txId)).toMatchObject({outcome: "rejected", code: "ENROLLMENT_NODE_ID_BOUND"});
    expect(store.receipt(free.txId)).toMatchObject({outcome: "applied"});
  });
});

describe("an unenrollment is included as rejected and costs its fee", () => {
  const rejected = async (sender: typeof owner, nonce: bigint, nodeId: string) => {
    const {chain, intake, store, events} = await enrolled();
    const {txId} = await intake.submit(signedUnenrollment(sender, {nonce, nodeId}));
    await extend(intake);
    expect(chain.state.get(enrollments, "rig-1")).toMatchObject({stakeDust: BOND_DUST, revokedAtHeight: null});
    return {receipt: store.receipt(txId), event: events.at(-1), sender: sender.address};
  };

  test("for a node that is not enrolled", async () => {
    const {receipt, event, sender} = await rejected(owner, 1n, "rig-9");
    expect(receipt).toMatchObject({outcome: "rejected", code: "UNENROLLMENT_NOT_ENROLLED", feeDust: FEE});
    expect(event).toEqual({type: "unenrollment-rejected", sender, reason: "not_enrolled"});
  });

  test("for somebody else's node", async () => {
    const {receipt, event, sender} = await rejected(other, 0n, "rig-1");
    expect(receipt).toMatchObject({outcome: "rejected", code: "UNENROLLMENT_NOT_OWNER", feeDust: FEE});
    expect(event).toEqual({type: "unenrollment-rejected", sender, reason: "not_owner"});
  });

  test("for a node that is revoked already, whose window does not start again", async () => {
    const {chain, intake, store, events} = await enrolled();
    await intake.submit(signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1"}));
    await extend(intake);
    const {txId} = await intake.submit(signedUnenrollment(owner, {nonce: 2n, nodeId: "rig-1"}));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "UNENROLLMENT_ALREADY_REVOKED"});
    expect(events.at(-1)).toMatchObject({type: "unenrollment-rejected", reason: "already_revoked"});
    expect(chain.state.get(enrollments, "rig-1")?.unbondMaturesAtHeight).toBe(5n);
  });
});

describe("an unenrollment never gets into the pool", () => {
  test.each<[string, string]>([
    ["that is no JSON", "unenroll"],
    ["of another kind", '{"kind":"enroll","node_id":"rig-1"}'],
    ["with a member more", '{"kind":"unenroll","node_id":"rig-1","force":true}'],
    ["with space between the members", '{"kind":"unenroll", "node_id":"rig-1"}'],
    ["with a node id that cannot be", '{"kind":"unenroll","node_id":"Rig 1"}'],
    ["with too long a reason", `{"kind":"unenroll","node_id":"rig-1","reason":"${"x".repeat(257)}"}`],
  ])("%s", async (_what, text) => {
    const {intake, pool} = await enrolled();
    const sent = intake.submit(signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1", payload: utf8(text)}));
    await expect(sent).rejects.toMatchObject({code: "UNENROLLMENT_DECODE_FAILED"});
    expect(pool.size).toBe(0);
  });
});
