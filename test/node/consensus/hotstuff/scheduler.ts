/**
 * Validators in one process under a seeded scheduler that delays, drops and reorders what they say. Signatures are a
 * keyed hash of the same shape, so that a run takes milliseconds; nothing of the protocol is replaced.
 */
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {proposalContent, timeoutContent} from "../../../../src/codecs/consensus/messages.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {
  type BlockRef,
  beginAt,
  type ConsensusState,
  type Effect,
  type Equivocation,
  type Input,
  type StepContext,
} from "../../../../src/node/consensus/hotstuff/state.js";
import {step} from "../../../../src/node/consensus/hotstuff/step.js";
import {voteBytes} from "../../../../src/node/consensus/votes/certificate.js";
import {Committee, type CommitteeRules} from "../../../../src/node/consensus/votes/committee.js";

export const CHAIN_ID = "scheduled";
export const GENESIS: BlockRef = {id: "00".repeat(32), parentId: "ff".repeat(32), height: 0n, view: 0n};
export const GENESIS_CERTIFICATE = {epoch: 0n, height: 0n, view: 0n, blockId: GENESIS.id, votes: []};
const RULES: CommitteeRules = {rotation: "by-power", quorum: "above-two-thirds"};

const keyOf = (validator: number): Uint8Array => sha3(utf8(`key ${validator}`));
export const fakeSign = (validator: number, message: Uint8Array): Uint8Array => sha3(keyOf(validator), message);
const fakeVerify: StepContext["verify"] = (key, message, signature) => hexOf(sha3(key, message)) === hexOf(signature);
export const CONTEXT: StepContext = {chainId: CHAIN_ID, verify: fakeVerify};

export const committeeOf = (powers: readonly bigint[], rules = RULES): Committee =>
  new Committee(
    0n,
    powers.map((power, i) => ({publicKey: keyOf(i), power})),
    rules,
  );

export const refOf = (parent: Pick<BlockRef, "id" | "height">, view: bigint, salt = ""): BlockRef => ({
  id: hexOf(sha3(utf8(`${parent.id}/${view}/${salt}`))),
  parentId: parent.id,
  height: parent.height + 1n,
  view,
});

/** Small, seeded, and good enough for schedules (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Schedule {
  readonly seed: number;
  readonly powers: readonly bigint[];
  /** Validators that sign whatever suits them: two blocks a view, votes for all of them, timeouts with old news. */
  readonly byzantine: ReadonlySet<number>;
  /** Share of messages that are lost. */
  readonly loss: number;
  /** Longest delay of a message; a view's timer runs 1,000. */
  readonly delay: number;
}

interface Peer {
  state: ConsensusState;
  /** What a crash leaves: what was saved, and the blocks that were. */
  disk: {safety: Extract<Effect, {type: "save"}> | null; root: BlockRef; certificate: typeof GENESIS_CERTIFICATE};
  readonly committed: string[];
  timer: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Scheduler {
  readonly peers: Peer[];
  readonly blocks = new Map<string, {block: BlockRef; input: Extract<Input, {type: "proposal"}>}>();
  readonly evidence: Equivocation[] = [];
  /** Every (view, validator, block) that was voted for by an honest validator. */
  readonly honestVotes = new Map<string, string>();
  readonly #queue: Event[] = [];
  readonly #random: () => number;
  #now = 0;
  #order = 0;
  faults: Pick<Schedule, "loss" | "delay" | "byzantine">;

  constructor(readonly schedule: Schedule) {
    this.#random = seeded(schedule.seed);
    this.faults = schedule;
    const committee = committeeOf(schedule.powers);
    this.peers = schedule.powers.map((_, self) => ({
      state: beginAt({committee, self, origin: GENESIS, root: GENESIS, certificate: GENESIS_CERTIFICATE, safety: null}),
      disk: {safety: null, root: GENESIS, certificate: GENESIS_CERTIFICATE},
      committed: [],
      timer: 0,
    }));
    for (const self of this.peers.keys()) this.feed(self, {type: "start"});
  }

  run(until: number): void {
    while (this.#queue.length > 0 && this.#queue[0]!.at <= until) {
      const event = this.#queue.shift()!;
      this.#now = event.at;
      event.run();
    }
    this.#now = until;
  }

  /** Loses everything in memory, and starts from what was saved. */
  crash(self: number): void {
    const peer = this.peers[self]!;
    const {committee, root} = peer.state;
    const {safety: saved} = peer.disk;
    peer.state = beginAt({
      committee,
      self,
      origin: GENESIS,
      root,
      certificate: peer.disk.certificate,
      safety: saved?.safety ?? null,
    });
    // Its own uncommitted blocks, as a node finds them on its disk: the branch of what it voted for.
    const branch: Extract<Input, {type: "proposal"}>[] = [];
    let at = saved?.safety.votedBlockId;
    while (at !== undefined && at !== root.id && this.blocks.has(at)) {
      branch.unshift(this.blocks.get(at)!.input);
      at = this.blocks.get(at)!.block.parentId;
    }
    if (at === root.id)
      for (const {block, proposal} of branch) this.feed(self, {type: "restored", block, justify: proposal.justify});
    if (saved) this.feed(self, {type: "certificate", certificate: saved.highCertificate});
    if (saved?.entered) this.feed(self, {type: "timeouts", certificate: saved.entered});
    this.feed(self, {type: "start"});
  }

  feed(self: number, input: Input): void {
    const peer = this.peers[self]!;
    const {state, effects} = step(peer.state, input, CONTEXT);
    peer.state = state;
    for (const effect of effects) this.#perform(self, effect);
  }

  #at(delay: number, run: () => void): void {
    const event = {at: this.#now + delay, order: this.#order++, run};
    let i = this.#queue.length;
    while (i > 0 && this.#queue[i - 1]!.at > event.at) i--;
    this.#queue.splice(i, 0, event);
  }

  #deliver(from: number, to: number, input: Input): void {
    if (from !== to && this.#random() < this.faults.loss) return;
    const copies = from !== to && this.#random() < 0.05 ? 2 : 1;
    for (let i = 0; i < copies; i++)
      this.#at(from === to ? 0 : 1 + this.#random() * this.faults.delay, () => this.feed(to, input));
  }

  #everybody(from: number, input: Input): void {
    for (const to of this.peers.keys()) this.#deliver(from, to, input);
  }

  #perform(self: number, effect: Effect): void {
    const peer = this.peers[self]!;
    const byzantine = this.faults.byzantine.has(self);
    switch (effect.type) {
      case "save":
        peer.disk.safety = effect;
        return;
      case "execute":
        return this.#at(1, () => this.feed(self, {type: "executed", blockId: effect.blockId, valid: true}));
      case "build":
        return this.#at(80, () => this.#build(self, effect));
      case "publish":
        return this.#publish(self, effect, byzantine);
      case "vote": {
        const {vote, to} = effect;
        const signature = fakeSign(self, voteBytes({chainId: CHAIN_ID, ...vote}));
        if (!byzantine) this.#noteVote(`${vote.view}/${self}`, vote.blockId);
        for (const each of to) this.#deliver(self, each, {type: "vote", vote: {...vote, validator: self, signature}});
        return;
      }
      case "give-up": {
        const {view, epoch, highCertificate: high} = effect.timeout;
        const content = {chainId: CHAIN_ID, epoch, view, highView: high.view, highBlockId: high.blockId};
        const signature = fakeSign(self, timeoutContent.encode(content));
        return this.#everybody(self, {type: "timeout", timeout: {...effect.timeout, validator: self, signature}});
      }
      case "timer": {
        const serial = ++peer.timer;
        const ms = Math.min(1_000 * 2 ** effect.failures, 8_000) * (0.9 + this.#random() * 0.2);
        return this.#at(ms, () => {
          if (peer.timer === serial) this.feed(self, {type: "expired", view: effect.view});
        });
      }
      case "commit":
        for (const {id, certificate} of effect.blocks) {
          peer.committed.push(id);
          peer.disk.root = this.blocks.get(id)!.block;
          peer.disk.certificate = certificate as typeof GENESIS_CERTIFICATE;
        }
        return;
      case "fetch": {
        // Asked of whoever has it; an answer can be lost like everything else.
        const known = this.blocks.get(effect.blockId);
        if (known) this.#deliver((self + 1) % this.peers.length, self, known.input);
        return;
      }
      case "evidence":
        this.evidence.push(effect.equivocation);
    }
  }

  #noteVote(slot: string, blockId: string): void {
    const before = this.honestVotes.get(slot);
    if (before !== undefined && before !== blockId) throw new Error(`two votes in ${slot}`);
    this.honestVotes.set(slot, blockId);
  }

  #build(self: number, {view, parentId}: Extract<Effect, {type: "build"}>): void {
    const {state} = this.peers[self]!;
    const parent = parentId === state.root.id ? state.root : state.blocks.get(parentId);
    if (parent) this.feed(self, {type: "built", block: refOf(parent, view)});
  }

  #publish(self: number, effect: Extract<Effect, {type: "publish"}>, byzantine: boolean): void {
    const parent = {id: effect.justify.blockId, height: effect.justify.height};
    const own = refOf(parent, effect.view);
    const inputs = (byzantine ? [own, refOf(parent, effect.view, "other")] : [own]).map((block) => {
      const {id: blockId, height, view} = block;
      const signature = fakeSign(self, proposalContent.encode({chainId: CHAIN_ID, epoch: 0n, height, view, blockId}));
      const proposal = {justify: effect.justify, timeouts: effect.timeouts, validator: self, signature};
      const input = {type: "proposal" as const, block: {...block, epoch: 0n}, proposal};
      this.blocks.set(blockId, {block, input});
      return input;
    });
    this.peers.forEach((_, to) => {
      // A cheat shows different blocks to different people, and some both.
      const shown = byzantine ? inputs.filter(() => this.#random() < 0.6) : inputs;
      if (to !== self) for (const input of shown) this.#deliver(self, to, input);
    });
    if (byzantine) for (const {block} of inputs) this.#voteForAll(self, block);
  }

  /** Votes that no honest validator would give, for all blocks of the view. */
  #voteForAll(self: number, {id: blockId, height, view}: BlockRef): void {
    const vote = {epoch: 0n, height, view, blockId};
    const signature = fakeSign(self, voteBytes({chainId: CHAIN_ID, ...vote}));
    this.#everybody(self, {type: "vote", vote: {...vote, validator: self, signature}});
  }
}
