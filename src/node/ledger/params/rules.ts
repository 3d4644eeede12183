/**
 * Every rule in which this ledger differs from an ancestor, as one value with a strict and a compat setting.
 *
 * Networks run `STRICT_RULES`. `COMPAT_RULES` reproduce the ancestors: the recorded vectors run under them, and
 * a node does only in its `compat` profile. Nothing else may branch on a profile.
 */
export interface Rules {
  /**
   * What makes a mining proof attributable. `node-key`: the ML-DSA key registered at enrollment signed it.
   * `hmac`: the MAC alone, whose key is public chain state and so proves nothing about the sender.
   */
  readonly proofAuthority: "node-key" | "hmac";
  /** Whether a solution is good for the account and node that searched for it alone, or for whoever names itself. */
  readonly powBinding: "node" | "none";
  /** Whether a challenge is good for one account, node and height, or for whoever holds it (28.2.10). */
  readonly challengeBinding: "proof" | "bearer";
  /** Who may be named as the miner of a proof: the owner of the enrolled node, or any address. */
  readonly rewardAddress: "owner" | "any";
  /**
   * What a proof is held against first. `cheap-first`: chain and work before signatures, so that nobody can spend a
   * verifier's time without having worked. `attestation-first`: the ancestor's order, which burns the challenge of a
   * proof that fails later (quirk Q15).
   */
  readonly proofOrder: "cheap-first" | "attestation-first";
  /** Whether a node may have more than one proof accepted at a height. */
  readonly proofsPerHeight: "one" | "any";
  /** What proofs are made over: blocks that the chain holds, or the reference's three batches that mean nothing. */
  readonly workSet: "chain" | "compiled";
  /** Whether the difficulty follows the hash rate, or stays what the genesis says (quirk Q7). */
  readonly difficulty: "retargeted" | "constant";
  /**
   * What is remembered of punished evidence. `offence`: (node, epoch, height), so that no second spelling of one
   * offence can slash again. `blob`: the fingerprint of the submitted bytes.
   */
  readonly evidenceReplay: "offence" | "blob";
  /**
   * What a slash may ask for. `whole`: no less than the offence costs, or an offender's friend would punish it for one
   * dust and leave nothing to prove. `asked`: anything.
   */
  readonly slashAmount: "whole" | "asked";
  /** What two double-mining proofs must differ in: the solution (proof id), or any byte, attestation included. */
  readonly equivocation: "solution" | "bytes";
  /** GPU ids compared without case, or as exact text when enrolling. */
  readonly gpuIdentity: "folded" | "exact";
  /** What the work in place of a deferred bond is bound to: payload, owner and chain, or the payload alone (Q30). */
  readonly bondWork: "owner" | "payload";
  /**
   * What the auto-revoke threshold is measured by: the part of the required bond that a record has earned so far, or
   * the whole of it, under which one slash of any size ends a record whose bond is still filling (D26).
   */
  readonly autoRevoke: "earned-bond" | "whole-bond";
  /**
   * A proven offence of a node without stake: `revoke` ends an active record and refuses the slash of one that has
   * ended; `consume` takes nothing and spends the evidence.
   */
  readonly emptyBond: "revoke" | "consume";
  /** Whose vote changes a parameter: of more than half of the authorities, or of any one of them (D28). */
  readonly parameterVotes: "threshold" | "one";
  /** Whether work for the chain is counted as reputation, which votes on submeshes. */
  readonly reputation: "counted" | "none";
  /** Earliest height that a change may name: that of the next block, which is the first to run under it, or this one. */
  readonly activation: "next-block" | "this-block";
  /** Whether slash payloads and evidence must be the bytes that their encoder writes. */
  readonly evidenceForm: "canonical" | "lenient";
  /** Whether a refused unenrollment of an unknown node says so, or says `not_owner` (D23). */
  readonly unenrollReasons: "exact" | "merged";
  /** Whether an included transaction that fails still pays its fee. */
  readonly failedFee: "charged" | "free";
  /** Whether a transaction that spends nobody's signature (an unsigned slash) is taken. */
  readonly unsigned: "refused" | "accepted";
  /**
   * Which signed forms are taken. QSDM's v2 envelopes name no chain, so a signature of theirs replays on every chain
   * that takes them, and their ids are the client's choice.
   */
  readonly envelopes: "v3-only" | "v2-and-v3";
  /** Whose clock CELL streams run by: the blocks', or whatever their actions claim (D31). */
  readonly streamTime: "block" | "claimed";
  /** How leaders take turns: in proportion to voting power, or QBIND's one view each. */
  readonly leaderRotation: "by-power" | "round-robin";
  /** What a quorum is. QBIND takes two thirds exactly, with which two conflicting blocks can both be certified (D15). */
  readonly quorum: "above-two-thirds" | "two-thirds";
}

/** What every network of this ledger runs. */
export const STRICT_RULES: Rules = {
  proofAuthority: "node-key",
  powBinding: "node",
  challengeBinding: "proof",
  rewardAddress: "owner",
  proofOrder: "cheap-first",
  proofsPerHeight: "one",
  workSet: "chain",
  difficulty: "retargeted",
  evidenceReplay: "offence",
  slashAmount: "whole",
  equivocation: "solution",
  gpuIdentity: "folded",
  bondWork: "owner",
  autoRevoke: "earned-bond",
  emptyBond: "revoke",
  parameterVotes: "threshold",
  reputation: "counted",
  activation: "next-block",
  evidenceForm: "canonical",
  unenrollReasons: "exact",
  failedFee: "charged",
  unsigned: "refused",
  envelopes: "v3-only",
  streamTime: "block",
  leaderRotation: "by-power",
  quorum: "above-two-thirds",
};

/** The QSDM reference, quirks included. */
export const COMPAT_RULES: Rules = {
  proofAuthority: "hmac",
  powBinding: "none",
  challengeBinding: "bearer",
  rewardAddress: "any",
  proofOrder: "attestation-first",
  proofsPerHeight: "any",
  workSet: "compiled",
  difficulty: "constant",
  evidenceReplay: "blob",
  slashAmount: "asked",
  equivocation: "bytes",
  gpuIdentity: "exact",
  bondWork: "payload",
  autoRevoke: "whole-bond",
  emptyBond: "consume",
  parameterVotes: "one",
  reputation: "none",
  activation: "this-block",
  evidenceForm: "lenient",
  unenrollReasons: "merged",
  failedFee: "free",
  unsigned: "accepted",
  envelopes: "v2-and-v3",
  streamTime: "claimed",
  leaderRotation: "round-robin",
  quorum: "two-thirds",
};
