/**
 * The driver of consensus: feeds the pure step one input at a time and carries its effects out in their order. The only
 * way to a block, for one validator as for many (docs/decisions/0054-one-engine.md).
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import {equalBytes} from "../../codecs/bytes.js";
import type {Block, Certificate} from "../../codecs/chain/block.js";
import type {EpochRow} from "../../codecs/chain/epoch.js";
import type {CompactBlock} from "../../codecs/consensus/compact-block.js";
import {type EquivocationProof, inOrder} from "../../codecs/consensus/equivocation.js";
import {type ConsensusMessage, decodeMessage, epochOfMessage, type Proposal} from "../../codecs/consensus/messages.js";
import {promise, uncommittedBlock} from "../../codecs/consensus/promise.js";
import {InvariantError, QsdmError, UnavailableError} from "../../errors.js";
import {isThreeChain} from "../consensus/finality/proof.js";
import {jittered, timeoutMs} from "../consensus/hotstuff/pacemaker.js";
import {isSigned} from "../consensus/hotstuff/proposal.js";
import {
  beginAt,
  type ConsensusState,
  type Effect,
  type Equivocation,
  type Input,
  originCertificate,
  type ProposedBlock,
  type SignedBlock,
  type StepContext,
} from "../consensus/hotstuff/state.js";
import {step} from "../consensus/hotstuff/step.js";
import {isBodyOf} from "../ledger/chain/assemble.js";
import type {Verdict} from "../network/port.js";
import type {Service} from "../service.js";
import {Bodies, refOf} from "./bodies.js";
import {CatchUp} from "./catch-up.js";
import {EarlyMessages} from "./early.js";
import {HeldProposals} from "./held-proposals.js";
import {JobQueue} from "./job-queue.js";
import {dueMs} from "./pace.js";
import type {EngineOptions, EnginePorts} from "./ports.js";
import {rememberedSafety} from "./remembered.js";
import {Speaker} from "./speaker.js";

/** Before what could not be executed is tried again. */
const RETRY_MS = 500;

type OfType<T extends Effect["type"]> = Extract<Effect, {type: T}>;

export class Engine implements Service {
  #state: ConsensusState;
  readonly #context: StepContext;
  #bodies = new Bodies();
  readonly #jobs: JobQueue;
  readonly #catchUp: CatchUp | null;
  /** Null while this node only follows. */
  #speaker: Speaker | null = null;
  /** Messages of the next epoch, which has not begun here yet. */
  readonly #early = new EarlyMessages();
  readonly #held = new HeldProposals();
  /** Blocks whose execution could not be told yet. */
  readonly #open = new Set<string>();
  #lastBlockMs: number;
  #build: OfType<"build"> | null = null;
  #view: {
    readonly view: bigint;
    readonly failures: number;
    readonly sinceMs: number;
    readonly jitterBps: number;
  } | null = null;
  #cancelBuild: () => void = () => {};
  #cancelView: () => void = () => {};
  #cancelRetry: () => void = () => {};

  constructor(
    private readonly options: EngineOptions,
    private readonly ports: EnginePorts,
  ) {
    const {chain, network, verifyVote, clock} = ports;
    this.#context = {chainId: chain.params.chainId, verify: verifyVote};
    this.#lastBlockMs = clock.nowMs();
    this.#jobs = new JobQueue({nowMs: () => clock.nowMs(), failed: (error) => ports.failed(error)});
    // Replaced at start, when the tip's certificate was read.
    this.#state = this.#begin(originCertificate(chain.committee.epoch, chain.origin));
    this.#catchUp =
      network &&
      new CatchUp({
        network,
        store: ports.store,
        log: ports.log,
        newest: () => this.newest(),
        take: (each, justify) => this.#takeCertified(each, justify),
        sleep: (ms) => new Promise((resolve) => clock.after(ms, resolve)),
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
    this.#cancelBuild();
    this.#cancelView();
    this.#cancelRetry();
    await this.#catchUp?.stop();
    await this.#jobs.end();
  }

  /** Something waits: do not sit out the interval. */
  wake(): void {
    this.#armBuild();
    this.#armView();
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
    return (await store.block(tip.height))!.certificate;
  }

  /** The last block of the epoch before is final: what stood above it is gone, and others may vote now. */
  async #beginEpoch(): Promise<void> {
    const {chain, log} = this.ports;
    this.#cancelBuild();
    this.#cancelView();
    this.#cancelRetry();
    this.#build = null;
    this.#view = null;
    this.#bodies = new Bodies();
    this.#open.clear();
    this.#held.take();
    this.ports.batches.begin();
    this.#state = this.#begin(originCertificate(chain.committee.epoch, chain.origin));
    const {epoch, size} = chain.committee;
    log.info({epoch, height: chain.tip.height, validators: size, votes: this.#state.self !== null}, "an epoch began");
    await this.#take({type: "start"});
    for (const message of this.#early.take(epoch)) await this.#takeMessage(message);
  }

  /** Takes up what was promised before the last stop or crash. */
  async #restore(): Promise<Verdict> {
    for (const {id, value} of this.ports.store.uncommitted()) {
      const body = uncommittedBlock.decode(value);
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

  /** One input, its effects, and the inputs that they lead to on this node. */
  async #take(input: Input): Promise<Verdict> {
    const {state, effects} = step(this.#state, input, this.#context);
    const {epoch} = state.committee;
    this.#state = state;
    let verdict: Verdict = "accept";
    const next: Input[] = [];
    for (const effect of effects) {
      if (effect.type === "refused") {
        verdict = effect.verdict;
        this.ports.log.debug({input: input.type, reason: effect.reason, verdict}, "consensus refused an input");
      } else next.push(...(await this.#perform(effect)));
      if (this.ports.chain.committee.epoch === epoch) continue;
      // Only who counted the votes has this certificate, and no later block of the epoch will carry it.
      if (input.type === "vote") this.#speaker?.announce(state.highCertificate);
      await this.#beginEpoch();
      return verdict;
    }
    for (const each of next) await this.#take(each);
    return verdict;
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
        this.#build = effect;
        this.#armBuild();
        return [];
      case "execute":
        return this.#execute(effect.blockId);
      case "commit":
        return this.#commit(effect);
      case "timer":
        this.#view = {
          view: effect.view,
          failures: effect.failures,
          sinceMs: this.ports.clock.nowMs(),
          jitterBps: this.ports.clock.jitterBps(),
        };
        this.#armView();
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

  #save({safety, highCertificate, entered, blockId}: OfType<"save">): readonly Input[] {
    const rows = this.#bodies.unwritten(blockId);
    this.ports.store.keepPromise(promise.encode({safety, highCertificate, entered}), rows);
    this.#bodies.written(rows);
    return [];
  }

  #receive(bytes: Uint8Array): Promise<Verdict> | Verdict {
    let message: ConsensusMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (error instanceof QsdmError) return "reject";
      throw error;
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
    return message.type === "proposal" ? this.#takeProposal(message.proposal) : this.#take(message);
  }

  async #takeProposal({block: compact, ...proposal}: Proposal): Promise<Verdict> {
    const {header} = compact;
    if (header.chainId !== this.#context.chainId) return "reject";
    const ref = {...refOf({block: compact}), epoch: header.epoch};
    const block = this.#completed(compact);
    if (block === null) return this.#hold({block: ref, proposal}, compact);
    if (block === "none" || !isBodyOf(block)) return "reject";
    this.#bodies.put(ref.id, {block, justify: proposal.justify});
    const verdict = await this.#take({type: "proposal", block: ref, proposal});
    this.#forgetUnknown(ref.id);
    return verdict;
  }

  #completed(compact: CompactBlock): Block | "none" | null {
    try {
      return this.ports.batches.complete(compact);
    } catch (error) {
      if (error instanceof QsdmError) return "none";
      throw error;
    }
  }

  /** A leader named batches that are not here: they are asked for, and what it says besides counts at once. */
  async #hold(proposed: ProposedBlock, compact: CompactBlock): Promise<Verdict> {
    const {block, proposal} = proposed;
    const {committee, root, blocks} = this.#state;
    if (block.epoch !== committee.epoch || block.height <= root.height || blocks.has(block.id)) return "ignore";
    const isLeader = proposal.validator === committee.leader(block.view);
    if (!isLeader || !isSigned({state: this.#state, context: this.#context}, proposed)) return "reject";
    this.ports.log.debug({view: block.view, id: block.id}, "a proposal names batches that are not here");
    this.#held.add(block.id, {...proposal, block: compact});
    this.ports.batches.want(compact);
    if (proposal.timeouts) await this.#take({type: "timeouts", certificate: proposal.timeouts});
    return this.#take({type: "certificate", certificate: proposal.justify});
  }

  /** A batch came that a proposal may have waited for. */
  batchCame(): void {
    this.wake();
    if (this.#held.size === 0) return;
    void this.#jobs.add(async () => {
      for (const proposal of this.#held.take()) await this.#takeProposal(proposal);
      return "accept";
    });
  }

  /** A body that consensus did not take is not kept. */
  #forgetUnknown(id: string): void {
    const {blocks, orphans} = this.#state;
    const waits = [...orphans.values()].some((each) => each.some(({block}) => block.id === id));
    if (!waits && !blocks.has(id)) this.#bodies.remove([id]);
  }

  async #takeCertified(
    {block, certificate}: {block: Block; certificate: Certificate},
    justify: Certificate,
  ): Promise<boolean> {
    const ref = refOf({block});
    const isKnown = (): boolean => this.#state.blocks.has(ref.id) || ref.height <= this.#state.root.height;
    const isOfNow = (): boolean => block.header.epoch === this.#state.committee.epoch;
    if (!isOfNow()) return false;
    if (isKnown()) {
      const {highCertificate} = this.#state;
      if (certificate.view > highCertificate.view)
        await this.#jobs.add(() => this.#take({type: "certificate", certificate}));
      return this.#state.highCertificate !== highCertificate;
    }
    if (!isBodyOf(block)) return false;
    await this.#jobs.add(async () => {
      if (!isOfNow()) return "ignore";
      this.#bodies.put(ref.id, {block, justify});
      const verdict = await this.#take({type: "certified", block: ref, justify, certificate});
      this.#forgetUnknown(ref.id);
      return verdict;
    });
    return isKnown() || !isOfNow();
  }

  /** The certified branch above the newest block that is on disk as final, lowest first. */
  newest(): readonly {block: Block; certificate: Certificate}[] {
    const out: {block: Block; certificate: Certificate}[] = [];
    let certificate = this.#state.highCertificate;
    for (let body = this.#bodies.get(certificate.blockId); body; body = this.#bodies.get(certificate.blockId)) {
      out.unshift({block: body.block, certificate});
      certificate = body.justify;
    }
    return out;
  }

  async #execute(id: string, isFinal = false): Promise<readonly Input[]> {
    const body = this.#bodies.get(id);
    if (!body) return [];
    const {chain, nowMs, log, clock} = this.ports;
    const {parentId} = body.block.header;
    try {
      if (!chain.isExecuted(parentId)) {
        const refused = this.#state.blocks.get(parentId)?.verdict === "refused";
        if (refused) return [{type: "executed", blockId: id, valid: false}];
        throw new UnavailableError("PARENT_NOT_EXECUTED", `block ${parentId} was not executed yet`);
      }
      chain.execute(body.block, isFinal ? null : nowMs());
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      if (error instanceof UnavailableError) {
        this.#open.add(id);
        this.#armRetry();
        return [];
      }
      log.warn({err: error, id, height: body.block.header.height}, "refused a block");
      return [{type: "executed", blockId: id, valid: false}];
    }
    this.#open.delete(id);
    this.#lastBlockMs = clock.nowMs();
    this.wake();
    return [{type: "executed", blockId: id, valid: true}];
  }

  #armRetry(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.ports.clock.after(RETRY_MS, () => {
      void this.#jobs.add(async () => {
        for (const id of [...this.#open]) {
          this.#open.delete(id);
          for (const input of await this.#execute(id)) await this.#take(input);
        }
        return "accept";
      });
    });
  }

  async #commit({blocks}: OfType<"commit">): Promise<readonly Input[]> {
    for (const {id, height, certificate} of blocks) {
      const {chain} = this.ports;
      await this.#executeFinal(id, height);
      const ends = chain.endsEpoch(id);
      await chain.commit(id, certificate, ends ? this.#closing(id) : []);
      if (ends) return [];
      this.#bodies.remove([id]);
      this.#open.delete(id);
    }
    return [];
  }

  /** The certified blocks on `id` that make it final, up to the first three in views without a gap. */
  #closing(id: string): EpochRow["closing"] {
    const branch = this.newest();
    const from = branch.findIndex(({block}) => block.header.parentId === id);
    const headers = [this.#bodies.get(id)!.block.header, ...branch.slice(from).map(({block}) => block.header)];
    const end = headers.findIndex((_, i) => isThreeChain(headers.slice(i - 2, i + 1)));
    return branch.slice(from, from + end);
  }

  /** More than two thirds voted for it: it is valid, or this node is broken. */
  async #executeFinal(id: string, height: bigint): Promise<void> {
    while (!this.ports.chain.isExecuted(id)) {
      for (const input of await this.#execute(id, true))
        if (input.type === "executed" && !input.valid)
          throw new InvariantError(`block ${height} is final and does not hold here: ${id}`);
      if (this.ports.chain.isExecuted(id)) return;
      if (this.#jobs.stopped) throw new UnavailableError("NODE_STOPPING", "the node is stopping");
      await new Promise<void>((resolve) => this.ports.clock.after(RETRY_MS, resolve));
    }
  }

  /** Whether something waits for a block on `parentId`, or for the blocks that make its own final. */
  #isBusy(parentId: string): boolean {
    const {chain, batches} = this.ports;
    if (!chain.isExecuted(parentId) || chain.endsEpoch(parentId)) return true;
    if (!batches.isEmpty(parentId)) return true;
    for (const {held} of chain.branch(parentId)) if (held.size > 0) return true;
    return false;
  }

  #armBuild(): void {
    this.#cancelBuild();
    this.#cancelBuild = () => {};
    if (!this.#build || this.#jobs.stopped) return;
    const due = dueMs(this.#lastBlockMs, this.#isBusy(this.#build.parentId), this.options.pace);
    const job = (): void => void this.#jobs.add(() => this.#buildNow());
    this.#cancelBuild = this.ports.clock.after(Math.max(0, due - this.ports.clock.nowMs()), job);
  }

  async #buildNow(): Promise<Verdict> {
    const asked = this.#build;
    if (!asked || this.#state.building !== asked.view) return "ignore";
    const {chain, batches, clock} = this.ports;
    // What came meanwhile can have made it due later.
    const due = dueMs(this.#lastBlockMs, this.#isBusy(asked.parentId), this.options.pace);
    if (due > clock.nowMs()) {
      this.#armBuild();
      return "ignore";
    }
    this.#build = null;
    // Where every part of a block is synchronous, the API would never get a turn between two of them.
    await nextTurn();
    const {block, parent} = chain.build(batches.candidate(asked.parentId), asked);
    this.#bodies.put(parent.id, {block, justify: this.#state.highCertificate});
    this.#lastBlockMs = clock.nowMs();
    const verdict = await this.#take({type: "built", block: refOf({block}, parent.id)});
    this.#forgetUnknown(parent.id);
    return verdict;
  }

  #armView(): void {
    this.#cancelView();
    this.#cancelView = () => {};
    const {self} = this.#state;
    if (!this.#view || this.#jobs.stopped || (self === null && !this.#catchUp)) return;
    const {view, failures, sinceMs, jitterBps} = this.#view;
    const due = dueMs(this.#lastBlockMs, this.#isBusy(this.#state.highCertificate.blockId), this.options.pace);
    const ends = Math.max(due, sinceMs) + jittered(timeoutMs(failures, this.options.pacemaker), jitterBps);
    const expired = (): void => {
      if (self !== null) void this.#jobs.add(() => this.#take({type: "expired", view}));
      else this.#askAgain();
    };
    this.#cancelView = this.ports.clock.after(Math.max(0, ends - this.ports.clock.nowMs()), expired);
  }

  /** Proposals go to whoever is connected to their leader: who follows a follower has to ask. */
  #askAgain(): void {
    this.#catchUp?.want();
    if (this.#view) this.#view = {...this.#view, sinceMs: this.ports.clock.nowMs()};
    this.#armView();
  }
}
