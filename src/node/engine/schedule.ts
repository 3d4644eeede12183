/** When this node makes its next block, and when it gives a view up. */
import {jittered, timeoutMs} from "../consensus/hotstuff/pacemaker.js";
import type {ConsensusState, EffectOf} from "../consensus/hotstuff/state.js";
import {Pace} from "./pace.js";
import type {EngineOptions, EnginePorts} from "./ports.js";

export interface SchedulePorts extends Pick<EnginePorts, "chain" | "batches" | "clock"> {
  state(): ConsensusState;
  isStopped(): boolean;
  /** A block can be due. */
  build(): void;
  /** A view took too long. */
  expired(view: bigint): void;
}

export class Schedule {
  readonly #pace: Pace;
  #build: EffectOf<"build"> | null = null;
  #view: {
    readonly view: bigint;
    readonly failures: number;
    readonly sinceMs: number;
    readonly jitterBps: number;
  } | null = null;
  #cancelBuild: () => void = () => {};
  #cancelView: () => void = () => {};

  constructor(
    private readonly options: EngineOptions,
    private readonly ports: SchedulePorts,
  ) {
    this.#pace = new Pace(options.pace, ports.clock.nowMs());
  }

  /** Something waits: do not sit out the interval. */
  wake(): void {
    this.#armBuild();
    this.#armView();
  }

  /** Rings no more until something is asked for again. */
  cancel(): void {
    this.#cancelBuild();
    this.#cancelView();
  }

  /** Other voters: nothing that was asked for counts. */
  clear(): void {
    this.cancel();
    this.#build = null;
    this.#view = null;
  }

  /** A block is there. */
  noteBlock(): void {
    this.#pace.note(this.ports.clock.nowMs());
  }

  /** Consensus asks for a block. */
  ask(build: EffectOf<"build">): void {
    this.#build = build;
    this.#armBuild();
  }

  /** The block to be made now; null while none is due, or asked for. */
  takeDue(): EffectOf<"build"> | null {
    const asked = this.#build;
    if (!asked || this.ports.state().building !== asked.view) return null;
    // What came meanwhile can have made it due later.
    if (this.#dueMs(asked.parentId) > this.ports.clock.nowMs()) {
      this.#armBuild();
      return null;
    }
    this.#build = null;
    return asked;
  }

  /** Whether a block on `parentId` need not wait any more. */
  isDue(parentId: string): boolean {
    return this.#dueMs(parentId) <= this.ports.clock.nowMs();
  }

  /** Consensus entered a view. */
  enter({view, failures}: EffectOf<"timer">): void {
    const {clock} = this.ports;
    this.#view = {view, failures, sinceMs: clock.nowMs(), jitterBps: clock.jitterBps()};
    this.#armView();
  }

  /** Measures the view from now on. */
  extend(): void {
    if (this.#view) this.#view = {...this.#view, sinceMs: this.ports.clock.nowMs()};
    this.#armView();
  }

  #armBuild(): void {
    this.#cancelBuild();
    this.#cancelBuild = () => {};
    if (!this.#build || this.ports.isStopped()) return;
    const {clock, build} = this.ports;
    const dueMs = this.#dueMs(this.#build.parentId);
    this.#cancelBuild = clock.after(Math.max(0, dueMs - clock.nowMs()), build);
  }

  #armView(): void {
    this.#cancelView();
    this.#cancelView = () => {};
    if (!this.#view || this.ports.isStopped()) return;
    const {clock, expired, state} = this.ports;
    const {view, failures, sinceMs, jitterBps} = this.#view;
    const dueMs = this.#dueMs(state().highCertificate.blockId);
    const endsMs = Math.max(dueMs, sinceMs) + jittered(timeoutMs(failures, this.options.pacemaker), jitterBps);
    this.#cancelView = clock.after(Math.max(0, endsMs - clock.nowMs()), () => expired(view));
  }

  /** When a block on `parentId` is due. */
  #dueMs(parentId: string): number {
    return this.#pace.dueMs(this.#isBusy(parentId));
  }

  /** Whether something waits for a block on `parentId`, or for the blocks that make its own final. */
  #isBusy(parentId: string): boolean {
    const {chain, batches} = this.ports;
    if (!chain.isExecuted(parentId) || chain.endsEpoch(parentId)) return true;
    if (!batches.isEmpty(parentId)) return true;
    const {root} = this.ports.state();
    // What is final waits for no block any more, written or not.
    for (const {held, parent} of chain.branch(parentId)) if (held.size > 0 && parent.height > root.height) return true;
    return false;
  }
}
