/** Blocks of transfers whose signatures were checked when they came, over a state of many accounts. */
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {envelope, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {sha3} from "../../src/codecs/hash.js";
import {ML_DSA_87} from "../../src/codecs/suite.js";
import {contractsOf} from "../../src/node/contracts.js";
import type {BlockContext} from "../../src/node/ledger/chain/contract.js";
import {genesisState} from "../../src/node/ledger/chain/genesis.js";
import {BlockRun, type RunPorts, type RunResult, runBody} from "../../src/node/ledger/chain/run.js";
import {readTransaction, type Transaction} from "../../src/node/ledger/chain/transaction.js";
import {type LaneOptions, ONE_LANE} from "../../src/node/ledger/lanes/lane.js";
import {allocate, countDust, type HeldDust} from "../../src/node/ledger/monetary/supply.js";
import type {BlockLimits} from "../../src/node/ledger/params/chain-params.js";
import {chainParamsOf} from "../../src/node/ledger/params/networks.js";
import type {Change, State} from "../../src/node/ledger/state/state.js";
import {accountKeys} from "../../src/node/ledger/state/stores.js";
import {TEST_CHAIN_ID} from "./accounts.js";
import {testGenesis} from "./chain.js";

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

/** Accounts whose keys the chain knows, on top of a genesis, with what each has. */
export function groundOf(count: number, dustOf: (i: number) => bigint = () => 1_000_000_000n): Ground {
  const state = genesisState(genesis);
  for (let i = 0; i < count; i++) {
    allocate(state, addressAt(i), dustOf(i));
    state.put(accountKeys, addressAt(i), {publicKey: KEY});
  }
  const changes = state.changes();
  state.merge();
  return {state, changes, held: countDust(state)};
}

/** A signed call of account `from`, which lets 2,000 dust be taken for it; whether the signature holds is the block's to say. */
export const callOf = (from: number, change: Partial<UnsignedEnvelope>, signature = SIGNATURE): Transaction => {
  const content = {
    chainId: TEST_CHAIN_ID,
    sender: addressAt(from),
    nonce: 0n,
    expiresAtHeight: 5_000n,
    maxFeeDust: 2_000n,
    tipDust: 0n,
    contract: TRANSFER_CONTRACT,
    payload: new Uint8Array(),
    ...change,
  };
  return readTransaction(envelope.encode({content, publicKey: null, signature}));
};

export const transferOf = (from: number, to: number, nonce: bigint): Transaction =>
  callOf(from, {nonce, payload: transfer.encode({to: addressAt(to), amountDust: 1n, memo: ""})});

const BLOCK: BlockContext & {readonly proposer: string} = {
  params: {...params, limits: NO_LIMIT},
  height: 1n,
  timeMs: genesis.timeMs + 1_000n,
  verifySignature: (_key, _message, signature) => signature[0] === 0,
  verifyVote: () => true,
  ancestor: () => null,
  proposer: addressAt(0),
};
const stack = contractsOf(params.rules);
const ports: RunPorts = {
  contracts: new Map(stack.map((each) => [each.id, each])),
  verifyProof: () => {
    throw new Error("no proofs here");
  },
};

/** How a block of these is run. */
export interface How {
  readonly lanes: LaneOptions | null;
  readonly limits?: Partial<BlockLimits>;
}

export function beginBlock(ground: Pick<Ground, "state" | "held">, limits: Partial<BlockLimits> = {}): BlockRun {
  return new BlockRun(ground, {...BLOCK, params: {...BLOCK.params, limits: {...NO_LIMIT, ...limits}}}, ports);
}

export const runBlock = (
  ground: Pick<Ground, "state" | "held">,
  transactions: readonly Transaction[],
  {lanes, limits}: How = {lanes: ONE_LANE},
): RunResult => runBody(beginBlock(ground, limits), {proofs: [], transactions}, lanes);
