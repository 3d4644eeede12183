import {expect, test} from "vitest";
import type {BlockCommitted, LedgerEvent} from "../../src/node/ledger/chain/events.js";
import type {MonetaryRecord} from "../../src/node/ledger/state/stores.js";
import {ledgerLog} from "../../src/node/ledger-log.js";

const ID = "ab".repeat(32);
const OWNER = "cd".repeat(32);
const RECORD = {epoch: 3n, phase: "bootstrap", rateBps: 775n, feesDust: 9n, issuedDust: 40n} as MonetaryRecord;
const step = (name: "voted" | "staged"): LedgerEvent => ({
  type: "governance-step",
  step: name,
  change: {kind: "param-set", param: "base_fee_dust", value: 5n},
  effectiveHeight: 40n,
  memo: "",
  voters: [OWNER],
  authorities: 1,
  threshold: 1,
  priorValue: null,
  reason: null,
});

function linesOf(...events: readonly LedgerEvent[]): [object, string][] {
  const lines: [object, string][] = [];
  ledgerLog({info: (fields: object, text: string) => lines.push([fields, text])} as never)({
    height: 8n,
    events,
  } as unknown as BlockCommitted);
  return lines;
}

test.each<[LedgerEvent, object, string]>([
  [
    step("staged"),
    {proposal: "40/param-set/base_fee_dust/5", votes: 1, priorValue: null, reason: null},
    "governance: a change has its votes",
  ],
  [
    {type: "epoch-decided", record: RECORD, isPaid: true},
    {epoch: 3n, phase: "bootstrap", rateBps: 775n, feesDust: 9n, issuedDust: 40n},
    "monetary: an epoch was decided and paid",
  ],
  [
    {type: "epoch-decided", record: RECORD, isPaid: false},
    {epoch: 3n, phase: "bootstrap", rateBps: 775n, feesDust: 9n, issuedDust: 40n},
    "monetary: an epoch was reckoned",
  ],
  [
    {type: "epoch-began", epoch: 2n, originHeight: 7n, validators: 4},
    {epoch: 2n, originHeight: 7n, validators: 4},
    "validators: an epoch began",
  ],
  [
    {type: "vesting-claimed", beneficiary: OWNER, to: ID, amountDust: 6n},
    {beneficiary: OWNER, to: ID, amountDust: 6n},
    "vesting: claimed",
  ],
  [
    {type: "stake-locked", validator: ID, owner: OWNER, stakeDust: 1n},
    {validator: ID, owner: OWNER, stakeDust: 1n},
    "stake: locked",
  ],
  [
    {type: "stake-leaving", validator: ID, owner: OWNER, stakeDust: 1n},
    {validator: ID, owner: OWNER, stakeDust: 1n},
    "stake: its validator leaves",
  ],
  [
    {type: "stake-returned", validator: ID, owner: OWNER, stakeDust: 1n},
    {validator: ID, owner: OWNER, stakeDust: 1n},
    "stake: returned to its owner",
  ],
  [
    {type: "validator-unjailed", validator: ID, owner: OWNER},
    {validator: ID, owner: OWNER},
    "stake: its validator may be elected again",
  ],
  ...(["locked", "releasing", "returned"] as const).map((step): [LedgerEvent, object, string] => [
    {type: `quorum-stake-${step}`, key: ID, owner: OWNER, amountDust: 2n},
    {key: ID, owner: OWNER, amountDust: 2n},
    {
      locked: "quorum stake: locked",
      releasing: "quorum stake: on its way back",
      returned: "quorum stake: returned to its owner",
    }[step],
  ]),
])("%#: one line tells of it", (event, fields, text) => {
  expect(linesOf(event)).toEqual([[{height: 8n, ...fields}, text]]);
});

test("single votes, proofs and refusals are no lines: receipts and metrics tell of them", () => {
  const quiet: LedgerEvent[] = [
    step("voted"),
    {type: "proof-rewarded", nodeId: "rig", proofId: ID, to: OWNER},
    {type: "governance-rejected", sender: OWNER, reason: "unauthorized"},
  ];
  expect(linesOf(...quiet)).toEqual([]);
});
