/** A real chain on a real database file, with one validator, for tests. */
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {sha3} from "../../src/codecs/hash.js";
import {RuleError} from "../../src/errors.js";
import {Journal} from "../../src/node/api/events/journal.js";
import {Chain, type ChainPorts} from "../../src/node/chain.js";
import {voteBytes} from "../../src/node/consensus/votes/certificate.js";
import {Intake} from "../../src/node/intake.js";
import type {Contract} from "../../src/node/ledger/chain/contract.js";
import {NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {hashEach} from "../../src/node/ledger/state/hashing.js";
import {transferContract} from "../../src/node/ledger/transfer/contract.js";
import {admissionStack} from "../../src/node/mempool/pool/admission.js";
import {Pool} from "../../src/node/mempool/pool/pool.js";
import type {Candidate, Dropped} from "../../src/node/proposal.js";
import {rememberValid} from "../../src/node/signature-cache.js";
import {SignatureDesk} from "../../src/node/signature-desk.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {mlDsa44, mlDsa87, TEST_CHAIN_ID, type TestAccount, testAccount} from "./accounts.js";
import {counted} from "./counted.js";

export const VALIDATOR_ACCOUNT: TestAccount = testAccount("validator");
/** What the validator of a dev chain has at stake. */
export const STAKE_DUST = 10_000_000_000n;
const VALIDATOR_KEYS = mlDsa44.keygenFromSeed(sha3(new Uint8Array([1])));

/** Genesis of a dev chain that pays `allocations`. */
export const testGenesis = (allocations: readonly {to: string; amountDust: bigint}[]): Genesis => ({
  chainId: TEST_CHAIN_ID,
  network: "test",
  timeMs: 1_800_000_000_000n,
  // What records cost has tests of its own (test/node/ledger/chain/growth.test.ts).
  params: {...NETWORK_PARAMS.dev, maxBlockRecords: 0n},
  allocations,
  validators: [{publicKey: VALIDATOR_KEYS.publicKey, power: 1n, account: VALIDATOR_ACCOUNT.address}],
  authorities: [],
  vestings: [],
});

const scratch = mkdtempSync(path.join(tmpdir(), "qsdm-test-"));
process.once("exit", () => rmSync(scratch, {recursive: true, force: true}));

/** A directory that is gone when the test run is. */
export const scratchDirectory = (): string => mkdtempSync(path.join(scratch, "node-"));

export interface TestChain {
  readonly chain: Chain;
  readonly intake: Intake;
  readonly store: SqliteStore;
  readonly pool: Pool;
}

const chains = new WeakMap<Intake, {readonly chain: Chain; nowMs(): bigint}>();

/**
 * Commits one block with what waits, as if its descendants had been seen: for tests of the ledger, where heights count.
 * Which block becomes final is tested with the engine.
 */
export async function extend(intake: Intake): Promise<readonly Dropped[]> {
  const {chain, nowMs} = chains.get(intake)!;
  return extendWith(chain, {timeMs: nowMs(), ...intake.offered(() => false)});
}

/** The batch is certified by nobody, which the rules of blocks leave to whoever votes. */
export async function extendWith(chain: Chain, offered: Omit<Candidate, "batches">): Promise<readonly Dropped[]> {
  const view = chain.tip.view + 1n;
  const batches = [{round: chain.tip.height + 1n, creator: 0, batchId: "00".repeat(32)}];
  const {parent, extension} = chain.build({...offered, batches}, {parentId: chain.tip.id, view});
  const vote = {epoch: 0n, height: parent.height, view, blockId: parent.id};
  const signature = mlDsa44.sign(VALIDATOR_KEYS.secretKey, voteBytes({chainId: chain.params.chainId, ...vote}));
  await chain.commit(parent.id, {...vote, votes: [{validator: 0, signature}]});
  return extension.dropped;
}

/** Opens the chain in `directory`, as a node does at start. */
export async function openTestChain(
  directory: string,
  genesis: Genesis,
  {
    contracts = [transferContract],
    ...change
  }: Partial<Omit<ChainPorts, "contracts">> & {contracts?: readonly Contract[]} = {},
  wake: () => void = () => {},
): Promise<TestChain> {
  const store = await SqliteStore.open({
    path: path.join(directory, "chain.db"),
    slashReceiptsMax: 10_000,
    eventBlocksKept: 100,
  });
  // Compat chains price no records, and their own contracts count none.
  const isPriced = genesis.params.rules === "strict";
  const byId = new Map(contracts.map((each) => [each.id, isPriced ? counted(each) : each]));
  const chain = await Chain.open({
    store,
    genesis,
    contracts: byId,
    verifyProof: () => {
      throw new RuleError("PROOF_REFUSED", "this test chain takes no proofs");
    },
    verifyTransaction: rememberValid(mlDsa87.verify),
    verifyVote: mlDsa44.verify,
    hashAll: hashEach,
    journal: new Journal(),
    log: {debug: () => {}, error: () => {}},
    ...change,
  });
  const pool = new Pool();
  // A second for each block.
  const nowMs = (): bigint => genesis.timeMs + (chain.tip.height + 1n) * 1_000n;
  const intake = new Intake({
    chain,
    pool,
    store,
    signatures: new SignatureDesk(mlDsa87.verify, null),
    admit: admissionStack(contracts, byId),
    contracts: byId,
    verifyProof: () => {
      throw new RuleError("PROOF_REFUSED", "this test chain takes no proofs");
    },
    nowMs,
    wake,
    failed: (error) => {
      throw error;
    },
  });
  intake.resume();
  chains.set(intake, {chain, nowMs});
  return {chain, intake, store, pool};
}
