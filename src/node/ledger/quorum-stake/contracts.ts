/** How money is locked for a client of quorum programs, and comes back. Custodians read it (docs/decisions/0108-quorum-stake.md). */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  type QuorumStakeRecord,
  quorumKeyClaim,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../../codecs/chain/quorum-stake.js";
import type {Codec} from "../../../codecs/codec.js";
import {RuleError} from "../../../errors.js";
import type {Call, Contract, Effect} from "../chain/contract.js";
import type {LedgerEvent} from "../chain/events.js";
import {credit, debit} from "../monetary/supply.js";
import {blocksIn} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {heightKey, quorumReleases, quorumStakes} from "../state/stores.js";

/** @throws RuleError QUORUM_STAKE_UNKNOWN, QUORUM_STAKE_NOT_OWNER */
export function ownQuorumStake(state: State, key: string, sender: string): QuorumStakeRecord {
  const record = state.get(quorumStakes, key);
  if (!record)
    throw new RuleError("QUORUM_STAKE_UNKNOWN", `nothing is staked on key ${key}`, {
      hint: "qsdm quorum stake show says what is behind a key",
    });
  if (record.owner !== sender)
    throw new RuleError("QUORUM_STAKE_NOT_OWNER", `${record.owner} staked on ${key}, not ${sender}`, {
      hint: "sign with the keystore that staked: --in FILE",
    });
  return record;
}

/** What moves something. @throws DecodeError; RuleError QUORUM_STAKE_ZERO */
const moving =
  <T extends {readonly amountDust: bigint}>({decode}: Codec<T>) =>
  ({payload}: Pick<UnsignedEnvelope, "payload">): T => {
    const call = decode(payload);
    if (call.amountDust === 0n) throw new RuleError("QUORUM_STAKE_ZERO", "0 dust move nothing");
    return call;
  };
// At the door and in blocks: whoever proposes has no door before it.
const readStake = moving(quorumStake);
const readRelease = moving(quorumRelease);

function stake({state, block, content}: Call): Effect {
  const {publicKey, amountDust, possession} = readStake(content);
  const key = quorumKeyOf(publicKey);
  const {sender: owner, chainId} = content;
  const fresh = {owner, stakeDust: 0n, releasingDust: 0n, returnedAtHeight: 0n};
  const before = state.has(quorumStakes, key) ? ownQuorumStake(state, key, owner) : fresh;
  debit(state, owner, amountDust);
  // Last, since it costs the most.
  if (!block.verifySignature(publicKey, quorumKeyClaim(chainId, owner, publicKey), possession))
    throw new RuleError("QUORUM_KEY_UNPROVEN", "the client's key did not sign for this account", {
      hint: "qsdm quorum stake add signs with the key that --key names",
    });
  state.put(quorumStakes, key, {...before, stakeDust: before.stakeDust + amountDust});
  return {events: [{type: "quorum-stake-locked", key, owner, amountDust}], slash: null};
}

function release({state, block, content}: Call): Effect {
  const {key, amountDust} = readRelease(content);
  const {sender: owner, nonce} = content;
  const before = ownQuorumStake(state, key, owner);
  if (amountDust > before.stakeDust)
    throw new RuleError("QUORUM_STAKE_EXCEEDED", `${before.stakeDust} dust are staked, ${amountDust} are too many`, {
      hint: "qsdm quorum stake release takes all of it where no amount is given",
      details: {stake_dust: before.stakeDust, releasing_dust: before.releasingDust},
    });
  const returnedAtHeight = block.height + blocksIn(block.params, block.params.enrollment.unbondWindowSeconds);
  state.put(quorumStakes, key, {
    ...before,
    stakeDust: before.stakeDust - amountDust,
    releasingDust: before.releasingDust + amountDust,
    returnedAtHeight,
  });
  // The nonce tells releases of one block apart.
  state.put(quorumReleases, `${heightKey(returnedAtHeight)}/${key}/${heightKey(nonce)}`, {key, amountDust});
  return {events: [{type: "quorum-stake-releasing", key, owner, amountDust}], slash: null};
}

export const quorumStakeContract: Contract = {
  id: QUORUM_STAKE_CONTRACT,
  check: (content) => void readStake(content),
  adds: ({payload}, state) => (state.has(quorumStakes, quorumKeyOf(quorumStake.decode(payload).publicKey)) ? 0 : 1),
  apply: stake,
  rejected: () => null,
};

export const quorumReleaseContract: Contract = {
  id: QUORUM_RELEASE_CONTRACT,
  check: (content) => void readRelease(content),
  // Its place among the releases that mature.
  adds: () => 1,
  apply: release,
  rejected: () => null,
};

/** Returns everything whose unbonding time ends at or before `height`, in order of height, key and nonce. */
export function sweepQuorumStakes(state: State, height: bigint): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const end = heightKey(height + 1n);
  for (const at of state.keys(quorumReleases)) {
    if (at >= end) break;
    const {key, amountDust} = state.get(quorumReleases, at)!;
    const {owner, ...before} = state.get(quorumStakes, key)!;
    const releasingDust = before.releasingDust - amountDust;
    state.remove(quorumReleases, at);
    if (before.stakeDust + releasingDust === 0n) state.remove(quorumStakes, key);
    else {
      const returnedAtHeight = releasingDust === 0n ? 0n : before.returnedAtHeight;
      state.put(quorumStakes, key, {owner, stakeDust: before.stakeDust, releasingDust, returnedAtHeight});
    }
    credit(state, owner, amountDust);
    events.push({type: "quorum-stake-returned", key, owner, amountDust});
  }
  return events;
}
