/**
 * What is written down with each block for those who follow the node: what the block changes, and what this node alone
 * saw since the block before.
 *
 * The second part waits in memory for the block, so that a flood of refused proofs costs no disk flush of its own, and
 * is bounded for each block, so that it costs no more disk either.
 */

import {hexOf, textOf} from "../../../codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../../codecs/mining/proof.js";
import {FIRST_LOCAL_PLACE, seqOf} from "../../ledger/chain/event-numbers.js";
import type {RejectionEntry} from "../../ledger/mining/rejection-log.js";
import type {LoggedEvent} from "../../storage/store.js";
import {eventsOf, proofMembers, type Settled, type Untold, untold} from "./derive.js";

/** Most of each that one block takes along; what comes after is not told. */
export const LOCAL_EVENTS_MAX = {rejections: 256, refusedProofs: 32, refusedProofsOfOneNode: 4} as const;

/** A proof that its node signed and this node refused: what watchers hold against the ones in blocks. */
export interface RefusedProof {
  readonly proof: Proof;
  readonly nodeId: string;
  readonly reason: string;
  readonly detail: string;
}

export class Journal {
  #rejections: RejectionEntry[] = [];
  #refused: RefusedProof[] = [];

  /** Takes a rejection along with the next block. */
  noteRejection(entry: RejectionEntry): void {
    if (this.#rejections.length < LOCAL_EVENTS_MAX.rejections) this.#rejections.push(entry);
  }

  /** Whether one more refused proof of a node would be told: asked before its signature is checked. */
  hasRoomFor(nodeId: string): boolean {
    const ofNode = this.#refused.filter((each) => each.nodeId === nodeId).length;
    return this.#refused.length < LOCAL_EVENTS_MAX.refusedProofs && ofNode < LOCAL_EVENTS_MAX.refusedProofsOfOneNode;
  }

  /** Takes a refused proof along with the next block. */
  noteRefusedProof(refused: RefusedProof): void {
    if (this.hasRoomFor(refused.nodeId)) this.#refused.push(refused);
  }

  /** The events that are committed with a block. */
  entries(settled: Settled): readonly LoggedEvent[] {
    const {height} = settled.header;
    const local = [
      ...this.#refused.splice(0).map((each) => refusedEvent(each, height)),
      ...this.#rejections.splice(0).map((each) => rejectionEvent(each, height)),
    ];
    const numbered = local.map((each, at) => ({
      proofIndex: null,
      ...each,
      seq: seqOf(height, FIRST_LOCAL_PLACE + at),
    }));
    return [...eventsOf(settled), ...numbered];
  }
}

const refusedEvent = ({proof, nodeId, reason, detail}: RefusedProof, height: bigint): Untold =>
  untold("proofs", {
    event: "proof_refused",
    height,
    ...proofMembers(proof, {nodeId, proofId: hexOf(proofIdOf(proof))}),
    reason,
    detail,
    proof: textOf(encodeProof(proof)),
  });

const rejectionEvent = ({seq: logSeq, height: quotedHeight, ...claim}: RejectionEntry, height: bigint): Untold =>
  untold("rejections", {event: "rejection", height, logSeq, quotedHeight, ...claim});
