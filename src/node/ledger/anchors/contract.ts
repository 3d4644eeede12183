/**
 * `qsdm/quorum-anchor/v1`: an account says where a log stood, and can never say again that it was shorter. The chain knows no
 * rosters: whoever trusts an anchor knows whose account it is of, and has the checkpoint that it names.
 */
import {anchorKey, QUORUM_ANCHOR_CONTRACT, quorumAnchor} from "../../../codecs/chain/quorum-anchor.js";
import {RuleError} from "../../../errors.js";
import {type Contract, NO_EFFECT} from "../chain/contract.js";
import {quorumAnchors} from "../state/stores.js";

export const quorumAnchorContract: Contract = {
  id: QUORUM_ANCHOR_CONTRACT,
  check: ({payload}) => void quorumAnchor.decode(payload),
  adds: ({sender, payload}, state) =>
    state.has(quorumAnchors, anchorKey(sender, quorumAnchor.decode(payload))) ? 0 : 1,
  apply({state, block, content}) {
    const {quorum, log, ...head} = quorumAnchor.decode(content.payload);
    const key = anchorKey(content.sender, {quorum, log});
    const before = state.get(quorumAnchors, key);
    if (before && before.size >= head.size)
      throw new RuleError("QUORUM_ANCHOR_BEHIND", `${before.size} entries are anchored, and these are ${head.size}`, {
        hint: "a log only grows: anchor its newest checkpoint",
        details: {size: before.size},
      });
    state.put(quorumAnchors, key, {...head, height: block.height});
    return NO_EFFECT;
  },
  rejected: () => null,
};
