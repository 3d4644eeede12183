/** Finds what may be an offence among the proofs of a stream. Pure: it remembers proofs, and nothing else. */
import type {EventBody} from "../../../codecs/api/events.js";
import {utf8} from "../../../codecs/bytes.js";
import {type Proof, readProofCompat} from "../../../codecs/mining/proof.js";

/** What may be an offence of a node. */
export type Suspicion =
  | {
      readonly type: "double-mining";
      readonly nodeId: string;
      readonly epoch: bigint;
      readonly height: bigint;
      /** In the order in which they were seen. */
      readonly proofs: readonly [Proof, Proof];
    }
  | {
      readonly type: "attestation";
      readonly nodeId: string;
      readonly epoch: bigint;
      readonly height: bigint;
      readonly proofId: string;
      readonly proof: Proof;
    };

/** Blocks for which a proof is remembered, far more than a proof may be late. */
export const REMEMBERED_BLOCKS = 256n;

interface Seen {
  readonly proofId: string;
  readonly proof: string;
  /** Block that told of it. */
  readonly told: bigint;
}

export class Detector {
  /** The first proof by node, epoch and height, in the order of being told. */
  readonly #first = new Map<string, Seen>();

  /** What the proof of an event may amount to; the same events give the same answers, however often. */
  take(event: EventBody<"proofs">): readonly Suspicion[] {
    const {nodeId, epoch, proofHeight: height, proofId, proof} = event;
    this.#forget(event.height);
    const about = {nodeId, epoch, height};
    const found: Suspicion[] = [];
    const key = `${nodeId}/${epoch}/${height}`;
    const first = this.#first.get(key);
    if (!first) this.#first.set(key, {proofId, proof, told: event.height});
    else if (first.proofId !== proofId)
      found.push({type: "double-mining", ...about, proofs: [parse(first.proof), parse(proof)]});
    if (event.event === "proof_refused" && event.reason === "attestation")
      found.push({type: "attestation", ...about, proofId, proof: parse(proof)});
    return found;
  }

  /** Proofs that are remembered. */
  get size(): number {
    return this.#first.size;
  }

  #forget(height: bigint): void {
    for (const [key, {told}] of this.#first) {
      if (told + REMEMBERED_BLOCKS >= height) return;
      this.#first.delete(key);
    }
  }
}

const parse = (proof: string): Proof => readProofCompat(utf8(proof));
