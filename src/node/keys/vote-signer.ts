/** The voting key, which refuses to contradict itself whatever it is asked for. */
import {type VoteContent, voteContent} from "../../codecs/chain/block.js";
import {
  type ProposalContent,
  proposalContent,
  type TimeoutContent,
  timeoutContent,
} from "../../codecs/consensus/messages.js";
import type {SignedRecord} from "../../codecs/consensus/promise.js";
import {RuleError} from "../../errors.js";

/** Where the newest statements are written down before they are signed. */
export interface SignedStore {
  readonly record: SignedRecord | null;
  write(record: SignedRecord): void;
}

const NOBODY = "0".repeat(64);
const blank = (epoch: bigint): SignedRecord => ({
  epoch,
  votedView: 0n,
  votedBlockId: NOBODY,
  proposedView: 0n,
  proposedBlockId: NOBODY,
  timeoutView: 0n,
});

export class VoteSigner {
  constructor(
    readonly publicKey: Uint8Array,
    private readonly sign: (message: Uint8Array) => Uint8Array,
    private readonly store: SignedStore,
  ) {}

  get record(): SignedRecord | null {
    return this.store.record;
  }

  /** @throws RuleError SIGNER_REFUSED when it voted otherwise in that view, or later, or gave the view up */
  vote(content: VoteContent): Uint8Array {
    const last = this.#at(content.epoch);
    const again = last.votedView === content.view && last.votedBlockId === content.blockId;
    if (!again) {
      if (content.view <= last.votedView) refuse(`voted in view ${last.votedView} already`);
      if (content.view <= last.timeoutView) refuse(`gave view ${last.timeoutView} up`);
      this.store.write({...last, votedView: content.view, votedBlockId: content.blockId});
    }
    return this.sign(voteContent.encode(content));
  }

  /** @throws RuleError SIGNER_REFUSED when it proposed otherwise in that view, or later */
  proposal(content: ProposalContent): Uint8Array {
    const last = this.#at(content.epoch);
    const again = last.proposedView === content.view && last.proposedBlockId === content.blockId;
    if (!again) {
      if (content.view <= last.proposedView) refuse(`proposed in view ${last.proposedView} already`);
      const {view, blockId} = content;
      // A leader votes for its own block and for no other: one flush is for both.
      const votes = view > last.votedView && view > last.timeoutView;
      const vote = votes ? {votedView: view, votedBlockId: blockId} : {};
      this.store.write({...last, ...vote, proposedView: view, proposedBlockId: blockId});
    }
    return this.sign(proposalContent.encode(content));
  }

  /** @throws RuleError SIGNER_REFUSED for an epoch that is over */
  timeout(content: TimeoutContent): Uint8Array {
    const last = this.#at(content.epoch);
    if (content.view > last.timeoutView) this.store.write({...last, timeoutView: content.view});
    return this.sign(timeoutContent.encode(content));
  }

  #at(epoch: bigint): SignedRecord {
    const {record} = this.store;
    if (!record || record.epoch < epoch) return blank(epoch);
    if (record.epoch > epoch) refuse(`signs for epoch ${record.epoch} by now`);
    return record;
  }
}

const refuse = (why: string): never => {
  throw new RuleError("SIGNER_REFUSED", `the voting key ${why}`, {
    hint: "two nodes must not vote with one key, and an old copy of a data directory must not be started again",
  });
};
