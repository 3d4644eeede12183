/** A step under way: the state as it changes, and the effects so far. */
import type {Certificate} from "../../../codecs/chain/block.js";
import {QsdmError} from "../../../errors.js";
import {checkCertificate} from "../votes/certificate.js";
import type {ConsensusState, Effect, Safety, StepContext, TreeBlock} from "./state.js";

export class Draft {
  readonly effects: Effect[] = [];
  /** Block that the step's vote or proposal is about: on disk before either leaves. */
  saved: string | null = null;

  constructor(
    public state: ConsensusState,
    readonly context: StepContext,
  ) {}

  set(change: Partial<ConsensusState>): void {
    this.state = {...this.state, ...change};
  }

  /** Changes what must be on disk before the effects of this step leave. */
  promise(change: Partial<Safety>): void {
    this.set({safety: {...this.state.safety, ...change}});
  }

  refuse(verdict: "ignore" | "reject", reason: string): void {
    this.effects.push({type: "refused", verdict, reason});
  }

  putBlock(block: TreeBlock): void {
    this.set({blocks: new Map(this.state.blocks).set(block.id, block)});
  }

  /** The block behind a certificate: in the tree, or the root. */
  has(blockId: string): boolean {
    return blockId === this.state.root.id || this.state.blocks.has(blockId);
  }

  /** Whether a certificate holds; a view is checked before it counts. */
  isValid(certificate: Certificate): boolean {
    const {committee, origin, highCertificate} = this.state;
    if (certificate === highCertificate) return true;
    const {epoch, blockId, height, view, votes} = certificate;
    // These voters gave the origin no votes: it was final before their epoch began.
    if (view <= origin.view) {
      const names = blockId === origin.id && height === origin.height && view === origin.view;
      return names && epoch === committee.epoch && votes.length === 0;
    }
    try {
      checkCertificate(certificate, {...this.context, committee});
      return true;
    } catch (error) {
      if (error instanceof QsdmError) return false;
      throw error;
    }
  }
}

/** `map` without the entries that `keep` does not name. */
export function kept<K, V>(map: ReadonlyMap<K, V>, keep: (key: K, value: V) => boolean): ReadonlyMap<K, V> {
  const out = new Map<K, V>();
  for (const [key, value] of map) if (keep(key, value)) out.set(key, value);
  return out.size === map.size ? map : out;
}
