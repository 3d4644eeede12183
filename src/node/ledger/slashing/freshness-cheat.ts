/**
 * Freshness cheat: the node signed a proof over a challenge that was stale when the header it quotes was made.
 *
 * Both times are beyond the accuser's reach: the issue time is under the node's signature, and the header's time is
 * certified. The time at which a proof was included never counts, or a proposer could frame a miner by waiting.
 */
import {hexOf} from "../../../codecs/bytes.js";
import {proofIdOf} from "../../../codecs/mining/proof.js";
import {freshnessCheat} from "../../../codecs/slashing/freshness-cheat.js";
import {checkNamed, checkSignedBy} from "./accused.js";
import {type ReadEvidence, unproven} from "./offence.js";

export const FRESHNESS_CHEAT = "freshness-cheat";
/** What a challenge may be older than the window before it is an offence (mining protocol, section 20.5). */
export const FRESHNESS_GRACE_SECONDS = 30;

const fail = unproven("a freshness cheat");

export const readFreshnessCheat: ReadEvidence = (blob, nodeId) => {
  const {proof, anchorHeight, anchorBlockTime} = freshnessCheat.decode(blob);
  checkNamed(proof, nodeId, fail);
  if (anchorHeight !== proof.height) fail(`the anchor is at height ${anchorHeight}, the proof at ${proof.height}`);
  const proofId = proofIdOf(proof);
  return {
    replayKey: `${FRESHNESS_CHEAT}/${nodeId}/${hexOf(proofId)}`,
    prove(accusation) {
      const {freshnessWindowSeconds} = accusation.block.params.mining;
      const limit = BigInt(freshnessWindowSeconds + FRESHNESS_GRACE_SECONDS);
      const age = anchorBlockTime - proof.attestation.issuedAt;
      if (age <= limit) fail(`the challenge was ${age} s old, at most ${limit} s are allowed`);
      checkSignedBy(accusation, proof, fail);
      const {headerHash} = proof;
      accusation.witness.check({height: anchorHeight, headerHash, blockTime: anchorBlockTime, proofId});
    },
  };
};
