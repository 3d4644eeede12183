/**
 * A second set of books: balances, stakes, bonds, streams, voters and votes as the contents of the blocks make them, counted from what
 * the rules say and with none of their code. What a node's state holds is compared with it, line by line.
 */
import type {Block} from "../../../src/codecs/chain/block.js";
import {decodeEnvelope} from "../../../src/codecs/chain/envelope.js";
import type {Genesis} from "../../../src/codecs/chain/genesis.js";
import {TRANSFER_CONTRACT, transfer} from "../../../src/codecs/chain/payloads.js";
import type {Receipt} from "../../../src/codecs/chain/receipt.js";
import {STREAM_CONTRACT} from "../../../src/codecs/chain/stream.js";
import {validatorIdOf} from "../../../src/codecs/chain/validator-payloads.js";
import {EQUIVOCATION_CONTRACT, equivocation, isEquivocation} from "../../../src/codecs/consensus/equivocation.js";
import {streamAction} from "../../../src/codecs/envelopes/actions.js";
import {decodeChange} from "../../../src/codecs/governance/change.js";
import {FEE_BURN_BPS} from "../../../src/codecs/governance/parameters.js";
import {nodeIdOfProof} from "../../../src/codecs/mining/attestation.js";
import {decodeProof} from "../../../src/codecs/mining/proof.js";
import type {State} from "../../../src/node/ledger/state/state.js";
import {
  accounts,
  authorities,
  EPOCH_KEY,
  enrollments,
  epochs,
  params,
  proposals,
  quorumStakes,
  SUPPLY_KEY,
  stakes,
  streams,
  supply,
  validators,
} from "../../../src/node/ledger/state/stores.js";
import {BondBook, bondLine} from "./bond-book.js";
import {authorityLine, GovernanceBook, paramLine, proposalLine} from "./governance-book.js";
import {accountLine, type BookChecker, type Called, type Fault, Purse, supplyLine} from "./purse.js";
import {QuorumStakeBook, quorumStakeLine} from "./quorum-stake-book.js";
import {epochLine, linesOfSeats, StakeBook, stakeLine} from "./stake-book.js";
import {StreamBook, streamLine} from "./stream-book.js";

export interface BooksPorts {
  readonly genesis: Genesis;
  /** Whether a validator's or a miner's id is of somebody who cheats. */
  isCheat(id: string): boolean;
  fault: Fault;
}

/** All that may be mined in the first epoch of emission, which no simulation outlives, and the seconds of it. */
const FIRST_EPOCH_DUST = 4_500_000_000_000_000n;
const FIRST_EPOCH_SECONDS = 126_230_400n;

export class Books {
  /** Newest block in the books. */
  height = 0n;
  /** What was called, and what became of it. */
  readonly counts = new Map<string, number>();
  readonly #lines = new Map<bigint, readonly string[]>();
  readonly #purse = new Purse();
  readonly #stakes: StakeBook;
  readonly #bonds: BondBook;
  readonly #governance: GovernanceBook;
  readonly #streams: StreamBook;
  readonly #clients: QuorumStakeBook;

  constructor(private readonly ports: BooksPorts) {
    const {genesis, isCheat, fault} = ports;
    for (const {to, amountDust} of genesis.allocations) this.#purse.move(to, amountDust);
    const common = {purse: this.#purse, isCheat, fault};
    this.#stakes = new StakeBook(genesis, common);
    this.#streams = new StreamBook(common);
    this.#clients = new QuorumStakeBook(genesis, common);
    const governance = new GovernanceBook(genesis, fault);
    this.#governance = governance;
    this.#bonds = new BondBook(genesis, {...common, governed: (param) => governance.value(param)});
  }

  /** Enters the block at the next height. @param receipts in the block's order */
  enter(
    {header, proofs, coinbase, transactions}: Block,
    receipts: readonly Pick<Receipt, "outcome" | "feeDust">[],
  ): void {
    const {height} = header;
    this.height = height;
    this.#streams.timeMs = Number(header.timeMs);
    this.#stakes.timeMs = header.timeMs;
    if (!this.#stakes.seats.some(({account}) => account === header.proposer))
      this.ports.fault("epochs", `height ${height} is proposed by ${header.proposer.slice(0, 8)}, which has no vote`);
    this.#mined(height, proofs, coinbase);
    let feesDust = 0n;
    transactions.forEach((bytes, i) => {
      const {outcome, feeDust} = receipts[i]!;
      feesDust += feeDust;
      this.#enter(bytes, {height, feeDust, applied: outcome === "applied"});
    });
    const proposerDust = (feesDust * (10_000n - this.#governance.value(FEE_BURN_BPS))) / 10_000n;
    this.#purse.move(header.proposer, proposerDust);
    this.#purse.burnedDust += feesDust - proposerDust;
    this.#bonds.settle(height);
    this.#stakes.settle(height);
    this.#clients.settle(height);
    for (let changes = this.#governance.settle(height); changes > 0; changes--) this.#count("change", true);
    const books = [this.#purse, this.#stakes, this.#bonds, this.#governance, this.#streams, this.#clients];
    this.#lines.set(height, books.flatMap((each) => each.lines()).sort());
  }

  /** Tells where a state at `height` differs from the books. @param lines of `linesOf` */
  compare(lines: readonly string[], {height, who}: {height: bigint; who: string}): void {
    const own = this.#lines.get(height)!;
    const known = new Set(own);
    const strange = lines.find((line) => !known.has(line));
    const held = new Set(lines);
    const missing = own.find((line) => !held.has(line));
    const line = strange ?? missing;
    if (line === undefined) return;
    const what = `height ${height} at ${who} says "${strange ?? "nothing"}", the books "${missing ?? "nothing"}"`;
    this.ports.fault(CHECKER_OF[line.split(" ", 1)[0]!]!, what);
  }

  #mined(height: bigint, proofs: Block["proofs"], coinbase: Block["coinbase"]): void {
    const {fault, genesis} = this.ports;
    const paid = new Set<string>();
    for (const raw of proofs) {
      const proof = decodeProof(raw);
      const nodeId = nodeIdOfProof(proof);
      const place = `${nodeId} at ${proof.height}`;
      if (!this.#bonds.isMining(nodeId)) fault("bonds", `height ${height} pays ${nodeId}, which is not enrolled`);
      if (paid.has(place)) fault("bonds", `height ${height} pays ${place} twice`);
      paid.add(place);
      this.#count("mined", true);
    }
    const rewardDust = (FIRST_EPOCH_DUST * BigInt(genesis.params.blockTimeSeconds)) / FIRST_EPOCH_SECONDS;
    let sum = 0n;
    for (const {to, amountDust} of coinbase) {
      this.#purse.move(to, amountDust);
      this.#purse.minedDust += amountDust;
      sum += amountDust;
    }
    if (sum > rewardDust || (proofs.length === 0 && sum > 0n))
      fault("supply", `height ${height} mines ${sum} dust of ${rewardDust}`);
  }

  #enter(bytes: Uint8Array, {height, feeDust, applied}: {height: bigint; feeDust: bigint; applied: boolean}): void {
    if (isEquivocation(bytes)) {
      this.#count("evidence", true);
      return this.#stakes.equivocated(equivocation.decode(bytes), height);
    }
    const {sender, contract, payload} = decodeEnvelope(bytes).content;
    this.#count(contract, applied);
    if (contract === STREAM_CONTRACT) this.#count(`stream ${streamAction.decode(payload).action}`, applied);
    this.#purse.move(sender, -feeDust);
    const call: Called = {sender, contract, payload, height, applied};
    if (
      this.#governance.called(call) ||
      this.#stakes.called(call) ||
      this.#bonds.called(call) ||
      this.#streams.called(call) ||
      this.#clients.called(call) ||
      !applied
    )
      return;
    if (contract === TRANSFER_CONTRACT) {
      const {to, amountDust} = transfer.decode(payload);
      this.#purse.move(sender, -amountDust);
      this.#purse.move(to, amountDust);
    } else if (contract === EQUIVOCATION_CONTRACT) this.#stakes.equivocated(equivocation.decode(payload), height);
  }

  #count(what: string, applied: boolean): void {
    const key = applied ? what : `${what} refused`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

const CHECKER_OF: Readonly<Record<string, BookChecker>> = {
  account: "supply",
  supply: "supply",
  stake: "stakes",
  voter: "epochs",
  bond: "bonds",
  param: "governance",
  authority: "governance",
  proposal: "governance",
  stream: "streams",
  client: "clients",
};

/** What `state` says about what is in the books. */
export function linesOf(state: State): readonly string[] {
  const lines: string[] = [];
  for (const key of state.keys(accounts)) {
    const {balanceDust} = state.get(accounts, key)!;
    if (balanceDust !== 0n) lines.push(accountLine(key, balanceDust));
  }
  lines.push(supplyLine(state.get(supply, SUPPLY_KEY)!));
  for (const id of state.keys(stakes)) lines.push(stakeLine(id, state.get(stakes, id)!));
  for (const nodeId of state.keys(enrollments)) lines.push(bondLine(nodeId, state.get(enrollments, nodeId)!));
  const voting = [...state.keys(validators)].map((key) => state.get(validators, key)!);
  lines.push(...linesOfSeats(voting.map(({publicKey, ...seat}) => ({...seat, id: validatorIdOf(publicKey)}))));
  for (const name of state.keys(params)) lines.push(paramLine(name, state.get(params, name)!.value));
  for (const address of state.keys(authorities)) lines.push(authorityLine(address));
  for (const key of state.keys(proposals)) {
    const {payload, ...record} = state.get(proposals, key)!;
    lines.push(proposalLine({...decodeChange(payload), ...record}));
  }
  for (const id of state.keys(streams)) {
    const {pausedDurationSeconds, cumulativeActiveSeconds, lastReceiptSequence, ...stream} = state.get(streams, id)!;
    const use = {pausedSeconds: pausedDurationSeconds, usedSeconds: cumulativeActiveSeconds};
    lines.push(streamLine(id, {...stream, ...use, receipts: lastReceiptSequence}));
  }
  for (const key of state.keys(quorumStakes)) lines.push(quorumStakeLine(key, state.get(quorumStakes, key)!));
  lines.push(epochLine(state.get(epochs, EPOCH_KEY)!.number));
  return lines;
}
