/** One enrolled GPU as chain state, and the phase it is in. */
import {address} from "../../../codecs/address.js";
import {blob, type FieldValue, nullable, record, text, u64, word} from "../../../codecs/cbor/record.js";
import {ML_DSA_87} from "../../../codecs/suite.js";

export const enrollmentRecord = record("enrollment", {
  /** Operator's handle, 1 to 64 of `[a-z0-9_-]`; taken until the record is swept. */
  nodeId: text({minBytes: 1, maxBytes: 64, pattern: /^[a-z0-9_-]+$/}),
  /** Account that posted the bond and receives it back. */
  owner: address,
  /** As the operator wrote it; identity is compared folded under strict rules. */
  gpuUuid: text({minBytes: 1, maxBytes: 96}),
  /** Attestation MAC key. Public chain state: it identifies, it does not authenticate. */
  hmacKey: blob({min: 32, max: 128}),
  /** ML-DSA-87 key that signs this node's proofs; `null` only for records of the compat door. */
  nodeKey: nullable(blob({min: ML_DSA_87.publicKeyBytes, max: ML_DSA_87.publicKeyBytes})),
  /** Bond that is left, in dust. */
  stakeDust: u64,
  bondMode: word("upfront", "mining_rewards"),
  requiredStakeDust: u64,
  /** Most that was ever locked at once; what an auto-revoke is measured by while a deferred bond fills. */
  earnedStakeDust: u64,
  enrolledAtHeight: u64,
  /** Height of the unenroll or auto-revoke; `null` while active. */
  revokedAtHeight: nullable(u64),
  /** First height at which the bond can be returned; `null` while active. */
  unbondMaturesAtHeight: nullable(u64),
  memo: text({maxBytes: 256}),
});
export type EnrollmentRecord = FieldValue<typeof enrollmentRecord>;

/** `pending_unbond`: revoked with stake left. `revoked`: revoked with nothing left, until swept. */
export type Phase = "active" | "pending_unbond" | "revoked";

export const phaseOf = (record: EnrollmentRecord): Phase =>
  record.revokedAtHeight === null ? "active" : record.stakeDust > 0n ? "pending_unbond" : "revoked";
