/** A ledger under compatible rules with accounts and records as the reference's vectors give them. */
import {isDeepStrictEqual} from "node:util";
import {cellOfDust, dustOfCell} from "../../../src/codecs/envelopes/amount.js";
import {InvariantError} from "../../../src/errors.js";
import type {BlockContext, Call} from "../../../src/node/ledger/chain/contract.js";
import type {EnrollmentRecord} from "../../../src/node/ledger/enrollment/record.js";
import {accountAt, credit, debit} from "../../../src/node/ledger/monetary/supply.js";
import type {ChainParams} from "../../../src/node/ledger/params/chain-params.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../src/node/ledger/params/networks.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {accounts, enrollments} from "../../../src/node/ledger/state/stores.js";
import type {Input, Json, Output} from "../case.js";

/** Parameters of the reference's chain. */
export function ancestorParams(slashing: Partial<ChainParams["slashing"]> = {}): ChainParams {
  const names = {chainId: "vectors", network: "vectors", timeMs: 0n};
  const chain = chainParamsOf({
    ...names,
    params: NETWORK_PARAMS.compat,
    allocations: [],
    validators: [],
    authorities: [],
    vestings: [],
  });
  return {...chain, slashing: {...chain.slashing, ...slashing}};
}

/** A state with `balances`, which name CELL by address. */
export function stateWith(balances: Input): State {
  const state = new State().fork();
  for (const address of Object.keys(balances.json)) {
    credit(state, address, dustOfCell(balances.number(address)));
    state.put(accounts, address, accountAt(state, address));
  }
  return state;
}

/** A transaction of the reference, as its appliers read it. */
export interface AncestorTransaction {
  readonly id: string;
  readonly sender: string;
  readonly nonce: bigint;
  /** In CELL. */
  readonly fee: number;
  readonly contractId: string;
  readonly payload: Uint8Array;
}

export const ancestorTransaction = (tx: Input): AncestorTransaction => ({
  id: tx.text("id"),
  sender: tx.text("sender"),
  nonce: tx.big("nonce"),
  fee: tx.number("fee"),
  contractId: tx.text("contract_id"),
  payload: new TextEncoder().encode(tx.text("payload_utf8")),
});

/** A call of `contract` by `tx`. Nothing in it is signed with a key: the reference's vectors hold no signatures. */
export const callOf = (
  state: State,
  block: Pick<BlockContext, "params" | "height">,
  tx: AncestorTransaction,
): Call => ({
  state,
  block: {...block, timeMs: 0n, verifySignature: () => false, verifyVote: () => false, ancestor: () => null},
  txId: tx.id,
  content: {
    chainId: block.params.chainId,
    sender: tx.sender,
    nonce: tx.nonce,
    expiresAtHeight: block.height,
    maxFeeDust: 0n,
    tipDust: 0n,
    contract: tx.contractId,
    payload: tx.payload,
  },
});

/** Whether the sender could be charged the fee under its nonce; the charge is made when it could. */
export function charge(state: State, {sender, nonce, fee}: AncestorTransaction): boolean {
  const account = accountAt(state, sender);
  const feeDust = dustOfCell(fee);
  if (account.nonce !== nonce || account.balanceDust < feeDust) return false;
  debit(state, sender, feeDust);
  state.put(accounts, sender, {...accountAt(state, sender), nonce: nonce + 1n});
  return true;
}

export const accountShapes = (state: State): readonly Output[] =>
  [...state.keys(accounts)].map((address) => {
    const {balanceDust, nonce} = accountAt(state, address);
    return {address, balance: cellOfDust(balanceDust), nonce: Number(nonce)};
  });

export const recordShapes = (state: State): readonly Output[] =>
  [...state.keys(enrollments)].map((nodeId) => recordShape(state.get(enrollments, nodeId)!));

const recordShape = (record: EnrollmentRecord): Output => ({
  bond_mode: record.bondMode,
  enrolled_at_height: Number(record.enrolledAtHeight),
  gpu_uuid: record.gpuUuid,
  node_id: record.nodeId,
  owner: record.owner,
  revoked_at_height: Number(record.revokedAtHeight ?? 0n),
  stake_dust: `${record.stakeDust}`,
  unbond_matures_at_height: Number(record.unbondMaturesAtHeight ?? 0n),
});

/** An active record with what the vectors leave out. */
export const newRecord = (
  given: Pick<EnrollmentRecord, "nodeId" | "owner" | "gpuUuid" | "stakeDust"> & Partial<EnrollmentRecord>,
): EnrollmentRecord => ({
  hmacKey: new Uint8Array(32),
  nodeKey: null,
  bondMode: "upfront",
  requiredStakeDust: 1_000_000_000n,
  earnedStakeDust: given.stakeDust,
  enrolledAtHeight: 1n,
  revokedAtHeight: null,
  unbondMaturesAtHeight: null,
  memo: "",
  ...given,
});

/** What the reference made of an operation, which stands beside it, against what was made of it here. */
export function checkRecorded(op: Input, got: {readonly [name: string]: Json}): void {
  for (const [name, value] of Object.entries(got))
    if (op.json[name] !== undefined && !isDeepStrictEqual(op.json[name], value))
      throw new InvariantError(`${name} was ${JSON.stringify(op.json[name])}, is ${JSON.stringify(value)}`);
}
