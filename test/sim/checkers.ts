/**
 * What must hold in every run, whatever goes wrong. Checkers look at what leaves honest nodes and at what they commit,
 * and count by themselves: none of them calls the code that it watches to say whether it is right.
 */
import {equalBytes} from "../../src/codecs/bytes.js";
import {blockIdOf, type Certificate, voteContent} from "../../src/codecs/chain/block.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {
  type ConsensusMessage,
  decodeMessage,
  type Proposal,
  type TimeoutCertificate,
  timeoutContent,
} from "../../src/codecs/consensus/messages.js";
import {DecodeError, InvariantError} from "../../src/errors.js";
import type {Chain} from "../../src/node/chain.js";
import {EPOCH_KEY, epochs, validators as voters} from "../../src/node/ledger/state/stores.js";
import {BatchChecker, honestShare} from "./batch-checker.js";
import {Books, linesOf} from "./books/books.js";
import type {SimCrypto} from "./crypto.js";
import type {Letter} from "./network.js";
import type {SimNode} from "./node.js";

export const CHECKERS = [
  "agreement",
  "state",
  "one-vote",
  "lock",
  "certificates",
  "availability",
  "batches",
  "supply",
  "receipts",
  "acknowledged",
  "liveness",
  "stakes",
  "bonds",
  "slashing",
  "epochs",
  "governance",
  "streams",
  "clients",
  "crash",
] as const;
export type Checker = (typeof CHECKERS)[number];

export interface Violation {
  readonly checker: Checker;
  readonly atMs: number;
  readonly what: string;
}

export interface CheckerPorts {
  readonly genesis: Genesis;
  readonly crypto: SimCrypto;
  readonly isHonest: (node: number) => boolean;
  /** Whether a validator's or a miner's id is of somebody who cheats. */
  readonly isCheat: (id: string) => boolean;
  nowMs(): number;
}

/** Views in which commits must resume after the last fault. */
export const LIVENESS_VIEWS = 10n;

export class Checkers {
  readonly violations: Violation[] = [];
  /** Highest view in which an honest node said something. */
  highestView = 0n;
  /** Height of the newest committed block of each honest node. */
  readonly heights = new Map<number, bigint>();
  readonly #committed = new Map<bigint, {readonly id: string; readonly stateRoot: string}>();
  readonly #votes = new Map<string, string>();
  readonly #proposals = new Map<string, string>();
  /** Newest view that each node gave up, by epoch and node. */
  readonly #gaveUp = new Map<string, bigint>();
  /** Who votes, by epoch, and the block that the epoch goes on from. */
  readonly #epochs = new Map<bigint, {readonly voters: Genesis["validators"]; readonly origin: string | null}>();
  /** Where a node stands among them, by epoch and node. */
  readonly #places = new Map<string, number>();
  /** View and parent of every block that anybody proposed; a block's id covers both. */
  readonly #blocks = new Map<string, {readonly view: bigint; readonly parentId: string}>();
  #last: {readonly bytes: Uint8Array; readonly message: ConsensusMessage | null} = {
    bytes: new Uint8Array(),
    message: null,
  };
  readonly #locks = new Map<string, bigint>();
  /** Honest validators that voted for a block, which means that they hold it. */
  readonly #holders = new Map<string, Set<number>>();
  /** Of each sender, after the blocks that are in the books. */
  readonly #nextNonces = new Map<string, bigint>();
  readonly #sound = new Set<string>();
  readonly #acknowledged = new Map<string, number>();
  #healedAtView: bigint | null = null;
  #resumed = false;

  readonly #batches: BatchChecker;
  readonly books: Books;
  /** Bodies come from the disk later than blocks are told of: each is looked at after the one before. */
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly ports: CheckerPorts) {
    this.#epochs.set(0n, {voters: ports.genesis.validators, origin: null});
    this.books = new Books({
      genesis: ports.genesis,
      isCheat: ports.isCheat,
      fault: (checker, what) => this.#fail(checker, what),
    });
    this.#batches = new BatchChecker({
      ...ports,
      votersOf: (epoch) => this.#epochs.get(epoch)?.voters ?? null,
      indexOf: (epoch, node) => this.#indexOf(epoch, node),
      fail: (checker, what) => this.#fail(checker, what),
    });
  }

  /** A message leaves `letter.from`, before the links have their way with it. */
  left(letter: Letter): void {
    if (letter.channel === "batches" && this.ports.isHonest(letter.from)) return this.#batches.left(letter);
    if (letter.channel !== "consensus") return;
    const message = this.#read(letter.message);
    if (message?.type === "proposal") {
      const {header} = message.proposal.block;
      this.#blocks.set(blockIdOf(header), {view: header.view, parentId: header.parentId});
    }
    if (!this.ports.isHonest(letter.from)) return;
    if (!message) throw new InvariantError(`n${letter.from} says what nobody can read`);
    switch (message.type) {
      case "vote": {
        const {epoch, view, blockId, validator} = message.vote;
        if (this.#indexOf(epoch, letter.from) !== validator)
          this.#fail("one-vote", `n${letter.from} votes as n${validator}`);
        this.#once("one-vote", this.#votes, `vote of n${letter.from} in view ${epoch}/${view}`, blockId);
        if (
          (this.#gaveUp.get(`${epoch}/${letter.from}`) ?? -1n) >= view &&
          !this.#holders.get(blockId)?.has(letter.from)
        )
          this.#fail("one-vote", `n${letter.from} votes in view ${view} after giving it up`);
        this.#lock(`n${letter.from} of epoch ${epoch}`, blockId);
        const holders = this.#holders.get(blockId) ?? new Set();
        this.#holders.set(blockId, holders.add(letter.from));
        return this.#saw(view);
      }
      case "timeout": {
        const {epoch, view, highCertificate, entered} = message.timeout;
        const slot = `${epoch}/${letter.from}`;
        const before = this.#gaveUp.get(slot) ?? -1n;
        if (view > before) this.#gaveUp.set(slot, view);
        this.#certificate(highCertificate, epoch);
        if (entered) this.#timeouts(entered, epoch);
        return this.#saw(view);
      }
      case "certificate":
        return this.#certificate(message.certificate, message.certificate.epoch);
      case "proposal":
        return this.#proposal(letter.from, message.proposal);
    }
  }

  /** What is published leaves once for each receiver, one after the other. */
  #read(bytes: Uint8Array): ConsensusMessage | null {
    if (!equalBytes(bytes, this.#last.bytes)) this.#last = {bytes, message: readable(bytes)};
    return this.#last.message;
  }

  #proposal(from: number, {block, justify, timeouts}: Proposal): void {
    const {epoch, view} = block.header;
    const blockId = blockIdOf(block.header);
    this.#holders.set(blockId, (this.#holders.get(blockId) ?? new Set()).add(from));
    this.#once("one-vote", this.#proposals, `proposal of n${from} in view ${epoch}/${view}`, justify.blockId + view);
    this.#certificate(justify, epoch);
    if (timeouts) this.#timeouts(timeouts, epoch);
    this.#saw(view);
  }

  /**
   * Nobody votes for what goes on from an older view than that of the last block whose child it voted to go on from.
   * What is locked in one epoch binds nobody in the next, which goes on from a final block.
   */
  #lock(voter: string, blockId: string): void {
    const block = this.#blocks.get(blockId);
    const parent = block && this.#blocks.get(block.parentId);
    // A leader that crashed over its own block votes for it later, and nobody has heard of the block.
    if (!parent) return;
    const locked = this.#locks.get(voter) ?? 0n;
    if (parent.view < locked)
      this.#fail("lock", `${voter} votes for a block on view ${parent.view}, locked on view ${locked}`);
    const grand = this.#blocks.get(parent.parentId);
    if (grand && grand.view > locked) this.#locks.set(voter, grand.view);
  }

  /** A block is on a node's disk and merged. */
  committed(node: SimNode, {height, blockId}: {height: bigint; blockId: string}): void {
    if (!this.ports.isHonest(node.index)) return;
    const before = this.heights.get(node.index) ?? 0n;
    if (height !== before + 1n && height > before) this.#fail("agreement", `n${node.index} skips to height ${height}`);
    this.heights.set(node.index, height);
    const chain = node.chain!;
    const {stateRoot} = chain.tip;
    const known = this.#committed.get(height);
    if (known && known.id !== blockId)
      this.#fail(
        "agreement",
        `height ${height} is ${blockId.slice(0, 8)} at n${node.index} and ${known.id.slice(0, 8)}`,
      );
    if (known && known.id === blockId && known.stateRoot !== stateRoot)
      this.#fail("state", `height ${height} leaves another state at n${node.index}`);
    if (!known) this.#committed.set(height, {id: blockId, stateRoot});
    this.#elected(chain, blockId);
    this.#holdersOf(blockId, height, chain.tip.epoch);
    this.#resumes();
    const lines = linesOf(chain.state);
    this.#looking = this.#looking.then(() => this.#look(node, {height, blockId, lines}));
  }

  /** What a node has on its disk of a block that it told of, and what its state was then. */
  async #look(
    node: SimNode,
    {height, blockId, lines}: {height: bigint; blockId: string; lines: readonly string[]},
  ): Promise<void> {
    while (this.books.height < height) if (!(await this.#enter(node, this.books.height + 1n))) return;
    this.books.compare(lines, {height, who: `n${node.index}`});
    const stored = await node.stored.block(height);
    if (!stored) return this.#fail("availability", `n${node.index} commits height ${height} and does not have it`);
    if (stored.certificate.blockId !== blockId)
      this.#fail("certificates", `height ${height} is stored with the certificate of another block`);
    this.#certificate(stored.certificate, stored.block.header.epoch);
    const below = this.#committed.get(height - 1n);
    if (below && stored.block.header.parentStateRoot !== below.stateRoot)
      this.#fail("state", `height ${height} tells of another state below it`);
    this.#batches.committed(stored.block);
  }

  /** Takes a block that an honest node has into the books, with its receipts, of which every transaction has one. */
  async #enter(node: SimNode, height: bigint): Promise<boolean> {
    const stored = await node.stored.block(height);
    const receipts = receiptsOf(node, height);
    const count = stored?.block.transactions.length;
    if (count !== receipts.length) {
      this.#fail("receipts", `height ${height} has ${count} transactions and ${receipts.length} receipts`);
      return false;
    }
    this.books.enter(stored!.block, receipts);
    this.#nonces(receipts, height);
    return true;
  }

  /** A node starts on a disk that may hold one block more than it had told of. */
  started(node: SimNode, chain: Chain): void {
    const head = node.stored.head();
    if (!head || !this.ports.isHonest(node.index)) return;
    const {height} = head.header;
    const known = this.#committed.get(height);
    if (known && known.id !== head.id)
      this.#fail("agreement", `height ${height} is another on the disk of n${node.index}`);
    if (height < (this.heights.get(node.index) ?? 0n))
      this.#fail("agreement", `n${node.index} comes back at height ${height}, below what it had committed`);
    if (height > 0n && !known) this.#committed.set(height, {id: head.id, stateRoot: head.stateRoot});
    this.heights.set(node.index, height);
    this.#elected(chain, head.id);
  }

  acknowledged(node: number, txId: string): void {
    if (this.ports.isHonest(node)) this.#acknowledged.set(txId, node);
  }

  /** Nothing new goes wrong from now on. */
  healed(): void {
    this.#healedAtView = this.highestView;
  }

  /** The newest epoch. */
  get epoch(): bigint {
    return BigInt(this.#epochs.size - 1);
  }

  get hasResumed(): boolean {
    return this.#resumed;
  }

  /** Of what honest nodes acknowledged, what some honest node has in no block. */
  unsettled(nodes: readonly SimNode[]): readonly string[] {
    const honest = nodes.filter(({index}) => this.ports.isHonest(index));
    return [...this.#acknowledged.keys()].filter((txId) => honest.some((node) => node.stored.receipt(txId) === null));
  }

  finish(nodes: readonly SimNode[]): void {
    if (!this.#resumed)
      this.#fail("liveness", `nothing was committed after the faults, up to view ${this.highestView}`);
    for (const txId of this.unsettled(nodes)) {
      const by = this.#acknowledged.get(txId);
      this.#fail("acknowledged", `transaction ${txId.slice(0, 8)}, acknowledged by n${by}, is not in every chain`);
    }
  }

  crashed(node: number, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.ports.isHonest(node)) this.#fail("crash", `n${node} stopped: ${text}`);
  }

  #fail(checker: Checker, what: string): void {
    this.violations.push({checker, atMs: this.ports.nowMs(), what});
  }

  #once(checker: Checker, seen: Map<string, string>, slot: string, value: string): void {
    const before = seen.get(slot);
    if (before !== undefined && before !== value)
      this.#fail(checker, `second ${slot}: ${value.slice(0, 8)} after ${before.slice(0, 8)}`);
    seen.set(slot, value);
  }

  #saw(view: bigint): void {
    if (view > this.highestView) this.highestView = view;
    if (this.#healedAtView === null || this.#resumed || view <= this.#healedAtView + LIVENESS_VIEWS) return;
    this.#fail("liveness", `view ${view}: nothing was committed since faults ended in view ${this.#healedAtView}`);
    this.#resumed = true;
  }

  #resumes(): void {
    if (this.#healedAtView !== null) this.#resumed = true;
  }

  /** Distinct members, more than two thirds of the power, each signature theirs: counted here. */
  #certificate(certificate: Certificate, of: bigint): void {
    const {view, height, blockId, epoch, votes} = certificate;
    if (height === 0n) return;
    if (epoch !== of)
      return this.#fail("certificates", `certificate of height ${height} by the voters of epoch ${epoch}, not ${of}`);
    const era = this.#epochs.get(epoch);
    if (!era)
      return this.#fail("certificates", `certificate of height ${height} in epoch ${epoch}, which nobody began`);
    // What stands for the votes that a new epoch's voters did not give.
    if (votes.length === 0 && era.origin === blockId) return;
    const key = `${epoch}/${view}/${blockId}/${votes.map(({validator}) => validator)}`;
    if (this.#sound.has(key)) return;
    const {chainId} = this.ports.genesis;
    const bytes = voteContent.encode({chainId, epoch, height, view, blockId});
    const wrong = this.#quorum(votes, () => bytes, era.voters);
    if (wrong) this.#fail("certificates", `certificate of height ${height} in view ${view}: ${wrong}`);
    else this.#sound.add(key);
  }

  #timeouts({view, epoch, timeouts, highCertificate}: TimeoutCertificate, of: bigint): void {
    const {chainId} = this.ports.genesis;
    if (epoch !== of) this.#fail("certificates", `timeouts of view ${view} by the voters of epoch ${epoch}, not ${of}`);
    const {voters: validators} = this.#epochs.get(epoch) ?? {voters: []};
    const bytes = (i: number): Uint8Array => {
      const {highView, highBlockId} = timeouts[i]!;
      return timeoutContent.encode({chainId, epoch, view, highView, highBlockId});
    };
    const wrong = this.#quorum(timeouts, bytes, validators);
    if (wrong) this.#fail("certificates", `timeout certificate of view ${view}: ${wrong}`);
    this.#certificate(highCertificate, epoch);
  }

  #quorum(
    signers: readonly {readonly validator: number; readonly signature: Uint8Array}[],
    bytesOf: (i: number) => Uint8Array,
    validators: Genesis["validators"],
  ): string | null {
    const members = new Set(signers.map(({validator}) => validator));
    if (members.size !== signers.length) return "a signer twice";
    let power = 0n;
    for (const [i, {validator, signature}] of signers.entries()) {
      const member = validators[validator];
      if (!member) return `no validator ${validator}`;
      if (!this.ports.crypto.votes.verify(member.publicKey, bytesOf(i), signature)) return `n${validator} did not sign`;
      power += member.power;
    }
    const total = validators.reduce((sum, each) => sum + each.power, 0n);
    return power * 3n > total * 2n ? null : `${power} of ${total} is no quorum`;
  }

  /** Enough honest nodes have what was committed for it to be had whatever the others do. */
  #holdersOf(blockId: string, height: bigint, epoch: bigint): void {
    const {voters: validators} = this.#epochs.get(epoch)!;
    const held = [...(this.#holders.get(blockId) ?? [])].map((each) => this.#powerOf(epoch, each));
    // The vote of a validator that collects them itself does not leave it.
    const unheard = validators.reduce((most, {power}) => (power > most ? power : most), 0n);
    const power = held.reduce((sum, each) => sum + each, 0n);
    if (power + unheard < honestShare(validators))
      this.#fail("availability", `height ${height} is committed and ${held.length} honest nodes voted for it`);
  }

  /** The voters of the epoch that begins behind what was committed, the same everywhere. */
  #elected({state}: Chain, blockId: string): void {
    const epoch = state.get(epochs, EPOCH_KEY)!.number;
    if (this.#epochs.has(epoch)) return;
    const elected = [...state.keys(voters)].map((key) => state.get(voters, key)!);
    this.#epochs.set(epoch, {voters: elected, origin: blockId});
  }

  /** Place of a node among the voters of an epoch. */
  #indexOf(epoch: bigint, node: number): number {
    const slot = `${epoch}/${node}`;
    const known = this.#places.get(slot);
    const members = this.#epochs.get(epoch)?.voters;
    if (known !== undefined || !members) return known ?? -1;
    const own = this.ports.crypto.votes.keygen(`validator ${node}`).publicKey;
    const place = members.findIndex(({publicKey}) => equalBytes(publicKey, own));
    this.#places.set(slot, place);
    return place;
  }

  #powerOf(epoch: bigint, node: number): bigint {
    return this.#epochs.get(epoch)?.voters[this.#indexOf(epoch, node)]?.power ?? 0n;
  }

  /**
   * Each sender's nonces follow one another. Asked of every block in its turn: a node that crashed over its commits again
   * and again may tell of its next block alone.
   */
  #nonces(receipts: ReturnType<typeof receiptsOf>, height: bigint): void {
    for (const {sender, nonce} of receipts) {
      // Evidence, which a block carries by itself.
      if (/^0+$/.test(sender)) continue;
      const next = this.#nextNonces.get(sender) ?? 0n;
      if (nonce !== next)
        this.#fail("receipts", `height ${height} has nonce ${nonce} of ${sender.slice(0, 8)}, not ${next}`);
      this.#nextNonces.set(sender, next + 1n);
    }
  }
}

/** Receipts of a block in its order; the store lists the last first. */
const receiptsOf = (node: SimNode, height: bigint) =>
  [...node.stored.receipts({from: height, to: height, limit: 10_000})].reverse();

/** A message, or null for what a byzantine node made up. */
function readable(bytes: Uint8Array): ConsensusMessage | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
