/**
 * The driver of consensus: feeds the pure step one input at a time and carries its effects out in their order. The only
 * way to a block, for one validator as for many (docs/decisions/0054-one-engine.md).
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import {equalBytes} from "../../codecs/bytes.js";
import type {Block, Certificate} from "../../codecs/chain/block.js";
import {type EquivocationProof, inOrder} from "../../codecs/consensus/equivocation.js";
import {type ConsensusMessage, decodeMessage, epochOfMessage} from "../../codecs/consensus/messages.js";
import {type JustifiedBlock, promise, uncommittedBlock} from "../../codecs/consensus/promise.js";
import {QsdmError} from "../../errors.js";
import {
  beginAt,
  type ConsensusState,
  type Effect,
  type EffectOf,
  type Equivocation,
  type Input,
  originCertificate,
  type SignedBlock,
  type StepContext,
} from "../consensus/hotstuff/state.js";
import {step} from "../consensus/hotstuff/step.js";
import type {Verdict} from "../network/port.js";
import type {Service} from "../service.js";
import {Arrivals} from "./arrivals.js";
import {Bodies, refOf} from "./bodies.js";
import type {EngineCore} from "./core.js";
import {EarlyMessages} from "./early.js";
import {Execution} from "./execution.js";
import {JobQueue} from "./job-queue.js";
import type {EngineOptions, EnginePorts} from "./ports.js";
import {rememberedSafety} from "./remembered.js";
import {Schedule} from "./schedule.js";
import {Speaker} from "./speaker.js";
import {CatchUp} from "./sync/catch-up.js";
import {SyncDesk} from "./sync/desk.js";
import type {SyncState} from "./sync/progress.js";
import {emptyTally, type SyncTally} from "./sync/tally.js";

export class Engine implements Service {
  #state: ConsensusState;
  readonly #context: StepContext;
  readonly #bodies = new Bodies();
  readonly #jobs: JobQueue;
  readonly #catchUp: CatchUp | null;
  /** Null while this node only follows. */
  #speaker: Speaker | null = null;
  /** Messages of the next epoch, which has not begun here yet. */
  readonly #early = new EarlyMessages();
  readonly #arrivals: Arrivals;
  readonly #execution: Execution;
  readonly #schedule: Schedule;
  /** What is final and not written yet. */
  readonly #final: EffectOf<"commit">[] = [];
  #settling = false;

  constructor(
    options: EngineOptions,
    private readonly ports: EnginePorts,
  ) {
    const {chain, network, verifyVote, clock} = ports;
    this.#context = {chainId: chain.params.chainId, verify: verifyVote};
    this.#jobs = new JobQueue({nowMs: () => clock.nowMs(), failed: (error) => ports.failed(error)});
    const core: EngineCore = {
      state: () => this.#state,
      bodies: this.#bodies,
      jobs: this.#jobs,
      take: (input) => this.#take(input),
    };
    this.#arrivals = new Arrivals({...ports, core, context: this.#context});
    this.#execution = new Execution({
      ...ports,
      core,
      executed: () => {
        this.#schedule.noteBlock();
        this.wake();
      },
    });
    this.#schedule = new Schedule(options, {
      ...ports,
      state: () => this.#state,
      isStopped: () => this.#jobs.stopped,
      build: () => void this.#jobs.add(() => this.#buildNow()),
      expired: (view) => this.#expired(view),
    });
    // Replaced at start, when the tip's certificate was read.
    this.#state = this.#begin(originCertificate(chain.committee.epoch, chain.origin));
    const {store, log} = ports;
    if (network) new SyncDesk({network, store, newest: () => this.newest()});
    this.#catchUp =
      network &&
      new CatchUp({
        ...{network, store, clock, log},
        tip: () => chain.tip,
        ground: () => ({chainId: chain.params.chainId, committee: chain.committee, verify: verifyVote}),
        take: (each, justify) => this.#arrivals.takeCertified(each, justify),
        failed: (error) => ports.failed(error),
      });
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const {network} = this.ports;
    this.#state = this.#begin(await this.#tipCertificate());
    await this.#jobs.add(() => this.#restore());
    network?.subscribe("consensus", (bytes) => this.#receive(bytes));
    network?.onPeer((_id, connected) => {
      if (connected) this.#catchUp?.want();
    });
    this.#catchUp?.want();
  }

  /** Finishes the block under way; what was promised and not final is on disk. */
  async stop(): Promise<void> {
    this.#jobs.halt();
    this.#schedule.cancel();
    this.#execution.cancel();
    await this.#catchUp?.stop();
    await this.#jobs.end();
    const {self, started, safety, highCertificate, entered} = this.#state;
    // The votes that made the newest block final come after the promise for the block they are for.
    if (!this.#jobs.isBroken && self !== null && started)
      this.#save({type: "save", safety, highCertificate, entered, blockId: highCertificate.blockId});
  }

  /** Something waits: do not sit out the interval. */
  wake(): void {
    this.#schedule.wake();
  }

  /** A batch came that a proposal may have waited for. */
  batchCame(): void {
    this.wake();
    this.#arrivals.batchCame();
  }

  #begin(certificate: Certificate): ConsensusState {
    const {chain, voice, store} = this.ports;
    const {committee, origin} = chain;
    const {id, height, view} = chain.tip;
    const root = {id, parentId: store.header(height)?.parentId ?? id, height, view};
    const index = voice ? committee.voters.findIndex((each) => equalBytes(each.publicKey, voice.publicKey)) : -1;
    const self = index < 0 ? null : index;
    const signed = self === null ? null : voice!.record;
    const safety = rememberedSafety(committee.epoch, root, {promise: store.promise(), signed});
    this.#speaker = self === null ? null : new Speaker(voice!, self, this.ports);
    return beginAt({committee, self, origin, root, certificate, safety});
  }

  /** What the next block has to justify itself with. */
  async #tipCertificate(): Promise<Certificate> {
    const {chain, store} = this.ports;
    const {origin, tip, committee} = chain;
    if (origin.height === tip.height) return originCertificate(committee.epoch, origin);
    return (await store.certificate(tip.height))!;
  }

  /** The last block of the epoch before is final: what stood above it is gone, and others may vote now. */
  async #beginEpoch(): Promise<void> {
    const {chain, log} = this.ports;
    this.#schedule.clear();
    this.#execution.clear();
    this.#bodies.clear();
    this.#arrivals.clear();
    this.ports.batches.begin();
    this.#state = this.#begin(originCertificate(chain.committee.epoch, chain.origin));
    const {epoch, size} = chain.committee;
    log.info({epoch, height: chain.tip.height, validators: size, votes: this.#state.self !== null}, "an epoch began");
    await this.#take({type: "start"});
    for (const message of this.#early.take(epoch)) await this.#takeMessage(message);
  }

  /** Takes up what was promised before the last stop or crash. */
  async #restore(): Promise<Verdict> {
    for (const {id, height, value} of this.ports.store.uncommitted()) {
      const body = this.#restored(value);
      if (!body) {
        // A branch that was left so long ago that its batches are forgotten.
        this.ports.log.warn({id, height}, "a block that was not final cannot be taken up again");
        continue;
      }
      this.#bodies.put(id, body, "disk");
      await this.#take({type: "restored", block: refOf(body, id), justify: body.justify});
    }
    const stored = this.ports.store.promise();
    const kept = stored && promise.decode(stored);
    // Of an epoch that is over, nothing can be taken up.
    if (kept?.safety.epoch !== this.#state.committee.epoch) return this.#take({type: "start"});
    if (kept) await this.#take({type: "certificate", certificate: kept.highCertificate});
    if (kept?.entered) await this.#take({type: "timeouts", certificate: kept.entered});
    return this.#take({type: "start"});
  }

  #restored(row: Uint8Array): JustifiedBlock | null {
    const kept = uncommittedBlock.decode(row);
    if ("block" in kept) return kept;
    const block = this.ports.batches.restored(kept.compact);
    return block && {block, justify: kept.justify};
  }

  /** One input, its effects, and the inputs that they lead to on this node; then what can wait for all that. */
  async #take(input: Input): Promise<Verdict> {
    const verdict = await this.#follow(input);
    await this.#settle();
    return verdict;
  }

  async #follow(input: Input): Promise<Verdict> {
    const {state, effects} = step(this.#state, input, this.#context);
    const {epoch} = state.committee;
    this.#state = state;
    let verdict: Verdict = "accept";
    const next: Input[] = [];
    for (const effect of effects) {
      if (effect.type === "refused") {
        verdict = effect.verdict;
        this.ports.log.debug({input: input.type, reason: effect.reason, verdict}, "consensus refused an input");
        continue;
      }
      if (effect.type === "commit" && this.#execution.canWait(effect)) {
        this.#final.push(effect);
        if (input.type === "vote" && this.#holdsSomething(effect)) this.#spread(effect);
        continue;
      }
      next.push(...(await this.#perform(effect)));
      if (this.ports.chain.committee.epoch === epoch) continue;
      // Only who counted the votes has this certificate, and no later block of the epoch will carry it.
      if (input.type === "vote") this.#speaker?.announce(state.highCertificate);
      await this.#beginEpoch();
      return verdict;
    }
    for (const each of next) await this.#follow(each);
    return verdict;
  }

  /** Writes what became final, in its order, when nobody waits for this node's word: its next block is one. */
  async #settle(): Promise<void> {
    if (this.#settling || this.#final.length === 0) return;
    this.#settling = true;
    try {
      await this.#buildNow();
      await this.#writeFinal();
    } finally {
      this.#settling = false;
    }
  }

  async #writeFinal(): Promise<void> {
    for (let next = this.#final.shift(); next; next = this.#final.shift()) await this.#execution.commit(next);
  }

  #holdsSomething({blocks}: EffectOf<"commit">): boolean {
    return blocks.some(({id}) => (this.#bodies.get(id)?.block.batches.length ?? 0) > 0);
  }

  /** Who counted the votes knows first what is final. The others need not wait for its next block, if that one waits. */
  #spread({head}: EffectOf<"commit">): void {
    const {committee, self} = this.#state;
    if (committee.leader(head.view + 1n) === self && !this.#schedule.isDue(head.blockId)) this.#speaker?.announce(head);
  }

  async #perform(effect: Exclude<Effect, {type: "refused"}>): Promise<readonly Input[]> {
    switch (effect.type) {
      case "save":
        return this.#save(effect);
      case "vote":
        return this.#speaker!.vote(effect);
      case "give-up":
        return this.#speaker!.giveUp(effect);
      case "publish":
        this.#speaker!.publish(effect, this.#bodies.get(effect.blockId)!.block);
        return [];
      case "build":
        this.#schedule.ask(effect);
        return [];
      case "execute":
        return this.#execution.execute(effect.blockId);
      case "commit":
        await this.#writeFinal();
        await this.#execution.commit(effect);
        return [];
      case "timer":
        this.#schedule.enter(effect);
        return [];
      case "fetch":
        this.#catchUp?.want();
        return [];
      case "evidence": {
        const {kind, validator, view} = effect.equivocation;
        this.ports.log.warn({kind, validator, view}, "a validator contradicts itself");
        this.ports.equivocated(this.#proofOf(effect.equivocation));
        return [];
      }
      case "drop":
        this.ports.chain.forget(effect.blockIds);
        this.#bodies.remove(effect.blockIds);
        return [];
    }
  }

  /** What the ledger takes for it. */
  #proofOf({kind, epoch, view, validator, first, second}: Equivocation): EquivocationProof {
    const {publicKey} = this.#state.committee.voters[validator]!;
    const statement = ({height, blockId, signature}: SignedBlock) => ({height, blockId, signature});
    const {chainId} = this.#context;
    return inOrder({chainId, kind, epoch, view, publicKey, first: statement(first), second: statement(second)});
  }

  #save({safety, highCertificate, entered, blockId}: EffectOf<"save">): readonly Input[] {
    const rows = this.#bodies.unwritten(blockId, this.ports.batches);
    this.ports.store.keepPromise(promise.encode({safety, highCertificate, entered}), rows);
    this.#bodies.written(rows);
    return [];
  }

  #receive(bytes: Uint8Array): Promise<Verdict> | Verdict {
    let message: ConsensusMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.ports.log.debug({err: error, bytes: bytes.length}, "refused a message of consensus");
      return "reject";
    }
    return this.#jobs.offer(() => this.#takeMessage(message));
  }

  async #takeMessage(message: ConsensusMessage): Promise<Verdict> {
    const {epoch} = this.#state.committee;
    const of = epochOfMessage(message);
    if (of < epoch) return "ignore";
    if (of > epoch) {
      // Somebody has blocks that this node lacks.
      if (of === epoch + 1n) this.#early.keep(message, of);
      this.#catchUp?.want();
      return "ignore";
    }
    if (message.type !== "proposal") return this.#take(message);
    // Nothing can be done with it before its ancestors are here, and its like will come by then.
    if (this.#catchUp?.isFar(message.proposal.block.header.height)) return "ignore";
    return this.#arrivals.takeProposal(message.proposal);
  }

  /** The certified branch above the newest block that is on disk as final, lowest first. */
  newest(): readonly {block: Block; certificate: Certificate}[] {
    return this.#bodies.certified(this.#state.highCertificate);
  }

  /** How far this node is behind others. */
  sync(): SyncState {
    const {height} = this.ports.chain.tip;
    const alone = {catchingUp: false, targetHeight: height, blocksPerSecond: 0, etaSeconds: null};
    return this.#catchUp?.state() ?? alone;
  }

  get syncTally(): SyncTally {
    return this.#catchUp?.tally ?? emptyTally();
  }

  async #buildNow(): Promise<Verdict> {
    const asked = this.#schedule.takeDue();
    if (!asked) return "ignore";
    // Where every part of a block is synchronous, the API would never get a turn between two of them.
    await nextTurn();
    const {chain, batches} = this.ports;
    const {block, parent} = chain.build(batches.candidate(asked.parentId), asked);
    this.#bodies.put(parent.id, {block, justify: this.#state.highCertificate});
    this.#schedule.noteBlock();
    const verdict = await this.#take({type: "built", block: refOf({block}, parent.id)});
    this.#arrivals.forgetUnknown(parent.id);
    return verdict;
  }

  #expired(view: bigint): void {
    const {self, highCertificate} = this.#state;
    if (self !== null) {
      const {chain} = this.ports;
      const {blockId} = highCertificate;
      // Whoever knows that the epoch is over may have no vote any more, and nothing to say.
      if (chain.isExecuted(blockId) && chain.endsEpoch(blockId)) this.#catchUp?.want();
      void this.#jobs.add(() => this.#take({type: "expired", view}));
    } else if (this.#catchUp) {
      // Proposals go to whoever is connected to their leader: who follows a follower has to ask.
      this.#catchUp.want();
      this.#schedule.extend();
    }
  }
}
