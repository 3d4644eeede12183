/** One step under way: the state as it becomes, and the effects so far. Lives no longer than the step. */
import type {BatchRef} from "../../../codecs/dag/batch.js";
import type {DagEffect} from "./effects.js";
import type {DagRules} from "./rules.js";
import {type DagState, horizonOf, type Slot, slotAt} from "./state.js";

export class Turn {
  readonly effects: DagEffect[] = [];

  constructor(
    public state: DagState,
    readonly rules: DagRules,
  ) {}

  /** Replaces parts of the state. */
  set(parts: Partial<DagState>): void {
    this.state = {...this.state, ...parts};
  }

  slot(at: Pick<BatchRef, "round" | "creator">): Slot {
    return slotAt(this.state, at);
  }

  /** Replaces parts of one creator's place in a round. */
  setSlot(at: Pick<BatchRef, "round" | "creator">, parts: Partial<Slot>): void {
    const round = new Map(this.state.rounds.get(at.round));
    round.set(at.creator, {...this.slot(at), ...parts});
    this.set({rounds: new Map(this.state.rounds).set(at.round, round)});
  }

  isForgotten({round}: Pick<BatchRef, "round">): boolean {
    return round < horizonOf(this.state, this.rules.limits.gcRounds);
  }

  emit(...effects: readonly DagEffect[]): void {
    this.effects.push(...effects);
  }
}
