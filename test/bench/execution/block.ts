/** Blocks of transfers whose signatures were checked when they came, over a state of many accounts. */
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {envelope} from "../../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../../src/codecs/chain/payloads.js";
import {sha3} from "../../../src/codecs/hash.js";
import {ML_DSA_87} from "../../../src/codecs/suite.js";
import type {BlockContext} from "../../../src/node/ledger/chain/contract.js";
import {genesisState} from "../../../src/node/ledger/chain/genesis.js";
import {BlockRun, type RunPorts, type RunResult, runBody} from "../../../src/node/ledger/chain/run.js";
import {readTransaction, type Transaction} from "../../../src/node/ledger/chain/transaction.js";
import {allocate, countDust, type HeldDust} from "../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../src/node/ledger/params/networks.js";
import type {Change, State} from "../../../src/node/ledger/state/state.js";
import {accountKeys} from "../../../src/node/ledger/state/stores.js";
import {transferContract} from "../../../src/node/ledger/transfer/contract.js";
import {TEST_CHAIN_ID} from "../../support/accounts.js";
import {testGenesis} from "../../support/chain.js";

const addresses: string[] = [];
export function addressAt(i: number): string {
  addresses[i] ??= hexOf(sha3(utf8(`bench ${i}`)));
  return addresses[i]!;
}
const KEY = new Uint8Array(ML_DSA_87.publicKeyBytes);
const SIGNATURE = new Uint8Array(ML_DSA_87.signatureBytes);

export interface Ground {
  readonly state: State;
  /** All that is in it. */
  readonly changes: readonly Change[];
  readonly held: HeldDust;
}

const genesis = testGenesis([]);
const params = chainParamsOf(genesis);
const NO_LIMIT = {...params.limits, maxTransactions: 65_536, maxGas: 2n ** 53n, maxBytes: 2 ** 31};

/** `count` accounts whose keys the chain knows, on top of a genesis. */
export function groundOf(count: number): Ground {
  const state = genesisState(genesis);
  for (let i = 0; i < count; i++) {
    allocate(state, addressAt(i), 1_000_000_000n);
    state.put(accountKeys, addressAt(i), {publicKey: KEY});
  }
  const changes = state.changes();
  state.merge();
  return {state, changes, held: countDust(state)};
}

export const transferOf = (from: number, to: number, nonce: bigint): Transaction => {
  const content = {
    chainId: TEST_CHAIN_ID,
    sender: addressAt(from),
    nonce,
    expiresAtHeight: 5_000n,
    maxFeeDust: 2_000n,
    tipDust: 0n,
    contract: TRANSFER_CONTRACT,
    payload: transfer.encode({to: addressAt(to), amountDust: 1n, memo: ""}),
  };
  return readTransaction(envelope.encode({content, publicKey: null, signature: SIGNATURE}));
};

const block: BlockContext & {readonly proposer: string} = {
  params: {...params, limits: NO_LIMIT},
  height: 1n,
  timeMs: genesis.timeMs + 1_000n,
  verifySignature: () => true,
  verifyVote: () => true,
  ancestor: () => null,
  proposer: addressAt(0),
};
const ports: RunPorts = {
  contracts: new Map([[TRANSFER_CONTRACT, transferContract]]),
  verifyProof: () => {
    throw new Error("no proofs here");
  },
};

export const runBlock = (ground: Ground, transactions: readonly Transaction[]): RunResult =>
  runBody(new BlockRun(ground, block, ports), {proofs: []}, transactions);
