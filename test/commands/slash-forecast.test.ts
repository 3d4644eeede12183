/** What `qsdm slash` says will happen, held against the ledger that would do it. */
import {expect, test} from "vitest";
import type {OwnStatus} from "../../src/codecs/api/status.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {orderSlash} from "../../src/commands/slash.js";
import {viewOfRecord} from "../../src/node/api/routes/enrollment.js";
import {judgeSlashRoute} from "../../src/node/api/routes/slash.js";
import {judgeSlash} from "../../src/node/judge-slash.js";
import {enrollContract} from "../../src/node/ledger/enrollment/contract.js";
import type {EnrollmentRecord} from "../../src/node/ledger/enrollment/record.js";
import {putRecord} from "../../src/node/ledger/enrollment/registry.js";
import {enrollments} from "../../src/node/ledger/state/stores.js";
import {testAccount} from "../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../support/chain.js";
import {enrollmentPayload, signedEnrollment, signedProof} from "../support/proofs.js";

const CELL = 100_000_000n;
const owner = testAccount("owner");
const RIG = {nodeId: "rig-1", node: testAccount("rig key"), owner};
const proof = (fill: number) => signedProof(RIG, {height: 1n, fill});
const evidence = doubleMining.encode({proofA: proof(1), proofB: proof(2), memo: ""});
const GENESIS = testGenesis([{to: owner.address, amountDust: 50n * CELL}]);
const terms = {slashCapDust: 10n * CELL, autoRevokeMinStakeDust: 5n * CELL, height: 2n} as OwnStatus;

/** What is announced of a slash on the enrolled rig, its record changed. */
async function forecast(change: Partial<EnrollmentRecord>, slashCapDust = 10n * CELL) {
  const genesis = {...GENESIS, params: {...GENESIS.params, slashCapDust, autoRevokeMinStakeDust: 5n * CELL}};
  const {chain, intake} = await openTestChain(scratchDirectory(), genesis, {contracts: [enrollContract]});
  await intake.submit(signedEnrollment(owner, 0n, enrollmentPayload(owner, RIG)));
  await extend(intake);
  const state = chain.state.fork();
  const record = {...state.get(enrollments, "rig-1")!, ...change};
  putRecord(state, record);
  const ports = {chain: {state, nextBlock: (ms: bigint) => chain.nextBlock(ms)}, offences: new Set<string>()};
  const node = {judgeSlash: (body: Uint8Array) => judgeSlash(body, {...ports, nowMs: () => 0n})};
  const client = {
    enrollment: async () => viewOfRecord(record),
    judgeSlash: async ({body}: {body: Uint8Array}) => judgeSlashRoute.handle({body}, {node} as never),
  };
  const charge = {evidence, kind: null, nodeId: null, amountDust: slashCapDust, memo: ""};
  const {announcement, summary} = await orderSlash(charge, {client, terms, sender: "ab".repeat(32)} as never);
  return {text: announcement.join("\n"), summary};
}

test("a bond that is still filling is measured by what it has earned, so a small slash leaves it", async () => {
  const filling = {bondMode: "mining_rewards", stakeDust: 4n * CELL, earnedStakeDust: 4n * CELL} as const;
  const {text, summary} = await forecast(filling, 1n);
  expect(text).toContain("takes 0.00000001 of its bond of 4 CELL");
  expect(summary).toMatchObject({expected_slash_dust: 1n});
  expect(text).not.toContain("revokes");
});

test("a slash that leaves too little of a whole bond revokes it", async () => {
  expect((await forecast({})).text).toContain("revokes rig-1: 0 CELL are too little to stay active");
});

test("a slash that the ledger would refuse is said to cost its fee alone", async () => {
  const {text, summary} = await forecast({nodeKey: testAccount("another").publicKey});
  expect(text).toContain("the ledger would refuse it: ");
  expect(text).toContain("this slash would only cost you its fee");
  expect(summary).toMatchObject({expected_slash_dust: 0n});
});
