/** QBIND's scripted validators as our consensus sees them: signatures and heights that the vectors leave out are made up. */
import {concat, hexOf, utf8} from "../../../src/codecs/bytes.js";
import type {Certificate} from "../../../src/codecs/chain/block.js";
import type {TimeoutCertificate} from "../../../src/codecs/consensus/messages.js";
import {
  beginAt,
  type ConsensusState,
  type Input as Event,
  type StepContext,
} from "../../../src/node/consensus/hotstuff/state.js";
import {step} from "../../../src/node/consensus/hotstuff/step.js";
import {Committee} from "../../../src/node/consensus/votes/committee.js";
import {COMPAT_RULES} from "../../../src/node/ledger/params/rules.js";
import type {Input} from "../case.js";

export const SIGNATURE = new Uint8Array();
export const GENESIS = {id: "00".repeat(32), parentId: "ff".repeat(32), height: 0n, view: 0n};
export const GENESIS_CERTIFICATE: Certificate = {epoch: 0n, height: 0n, view: 0n, blockId: GENESIS.id, votes: []};
/** The vectors sign nothing, so every signature holds. */
export const CONTEXT: StepContext = {chainId: "qbind", verify: () => true};

/** Block ids are names, padded with zero bytes. */
export const blockIdOf = (name: string): string => hexOf(concat(utf8(name), new Uint8Array(32 - name.length)));

export class Validators {
  readonly committee: Committee;
  readonly #ids: readonly number[];

  constructor(members: readonly Input[]) {
    const sorted = members
      .map((each) => ({id: each.number("id"), power: each.big("votingPower")}))
      .sort((a, b) => a.id - b.id);
    this.#ids = sorted.map(({id}) => id);
    const voters = sorted.map(({power}) => ({publicKey: SIGNATURE, power}));
    this.committee = new Committee(0n, voters, {rotation: COMPAT_RULES.leaderRotation, quorum: COMPAT_RULES.quorum});
  }

  /** Place in the list; whoever is no member has none: one past its end. */
  placeOf(id: number): number {
    const at = this.#ids.indexOf(id);
    return at < 0 ? this.#ids.length : at;
  }

  idOf(place: number): number {
    return this.#ids[place]!;
  }

  /** A node that follows and has seen genesis alone. */
  begin(): ConsensusState {
    return beginAt({
      ...{committee: this.committee, self: null, origin: GENESIS, root: GENESIS},
      ...{certificate: GENESIS_CERTIFICATE, safety: null},
    });
  }

  /** A certificate that everybody signed. */
  certify(blockId: string, height: bigint, view: bigint): Certificate {
    const votes = this.#ids.map((_, validator) => ({validator, signature: SIGNATURE}));
    return {epoch: 0n, height, view, blockId, votes};
  }

  /** A view that everybody gave up. */
  giveUp(view: bigint, highCertificate: Certificate): TimeoutCertificate {
    const {view: highView, blockId: highBlockId} = highCertificate;
    const timeouts = this.#ids.map((_, validator) => ({validator, highView, highBlockId, signature: SIGNATURE}));
    return {epoch: 0n, view, timeouts, highCertificate};
  }
}

/** One node that takes events. */
export class Node {
  constructor(public state: ConsensusState) {}

  take(event: Event) {
    const {state, effects} = step(this.state, event, CONTEXT);
    this.state = state;
    return effects;
  }
}
