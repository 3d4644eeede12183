/** For whom a node of this chain issues a challenge. */
import type {ChallengeBinding} from "../../../codecs/mining/challenge.js";
import {RuleError, UsageError} from "../../../errors.js";
import type {ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {enrollments} from "../state/stores.js";

/** What the asker says of itself; null where it says nothing. */
export type ChallengeRequest = {readonly [K in keyof ChallengeBinding]: ChallengeBinding[K] | null};

/**
 * What the challenge is bound to, or null where challenges are good for whoever holds them. Nobody is asked to prove
 * that it is the miner: the challenge is of no use to anyone else.
 * @throws UsageError CHALLENGE_UNBOUND; RuleError CHALLENGE_NODE_REFUSED
 */
export function challengeTerms(
  {minerAddr, nodeId, height}: ChallengeRequest,
  {state, rules}: {state: State; rules: Pick<ChainParams["rules"], "challengeBinding">},
): ChallengeBinding | null {
  if (rules.challengeBinding === "bearer") return null;
  if (minerAddr === null || nodeId === null || height === null)
    throw new UsageError("CHALLENGE_UNBOUND", "a challenge of this chain is for one account, node and height", {
      hint: "name miner_addr, node_id and height of the proof that it is for",
    });
  const record = state.get(enrollments, nodeId);
  const refuse = (why: string): never => {
    throw new RuleError("CHALLENGE_NODE_REFUSED", `no challenge for node ${nodeId}: ${why}`, {
      hint: "qsdm enrollment-status shows the record",
    });
  };
  if (!record) return refuse("it is not enrolled");
  if (record.revokedAtHeight !== null) return refuse(`it was revoked at height ${record.revokedAtHeight}`);
  if (record.owner !== minerAddr) return refuse(`it belongs to ${record.owner}`);
  return {minerAddr, nodeId, height};
}
