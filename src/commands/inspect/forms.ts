/** Forms of this ledger and of QSDM's chain. */
import {hexOf, textOf} from "../../codecs/bytes.js";
import {block, blockIdOf, certificate, header} from "../../codecs/chain/block.js";
import {envelope, txIdOf, unsignedEnvelope} from "../../codecs/chain/envelope.js";
import {finalityBundle, finalityProof, stateProof} from "../../codecs/chain/finality.js";
import {genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import {addressOfPolicy, checkPolicy, decodeMultiEnvelope, policy} from "../../codecs/chain/multisig.js";
import {batchTransfer, strictEnrollment, transfer} from "../../codecs/chain/payloads.js";
import {quorumAnchor} from "../../codecs/chain/quorum-anchor.js";
import {quorumKeyOf, quorumRelease, quorumStake} from "../../codecs/chain/quorum-stake.js";
import {receipt} from "../../codecs/chain/receipt.js";
import {validatorIdOf} from "../../codecs/chain/validator-payloads.js";
import {vestingClaim} from "../../codecs/chain/vesting.js";
import type {Codec} from "../../codecs/codec.js";
import {equivocation, offenceOf} from "../../codecs/consensus/equivocation.js";
import {proposal, timeout, timeoutCertificate, vote} from "../../codecs/consensus/messages.js";
import {ack, availability} from "../../codecs/dag/availability.js";
import {batchIdOf, signedHeader} from "../../codecs/dag/batch.js";
import {enrollment, unenrollment} from "../../codecs/enrollment.js";
import {streamAction, streamSubmission} from "../../codecs/envelopes/actions.js";
import {enrollmentEnvelope} from "../../codecs/envelopes/enrollment.js";
import {slashSubmission} from "../../codecs/envelopes/submission.js";
import {walletEnvelope} from "../../codecs/envelopes/wallet.js";
import {authoritySet, paramSet, submeshRetire} from "../../codecs/governance/payloads.js";
import {decodeCcBundle} from "../../codecs/mining/cc-bundle.js";
import {decodeHmacBundle, hmacBundle} from "../../codecs/mining/hmac-bundle.js";
import {decodeKeyBundle} from "../../codecs/mining/key-bundle.js";
import {decodeProof, proofIdOf} from "../../codecs/mining/proof.js";
import {decodeSpdmBundle} from "../../codecs/mining/spdm-bundle.js";
import {driverVersionOf, spdmReport, vbiosVersionOf} from "../../codecs/mining/spdm-report.js";
import {hashFits, qsdmBlock, qsdmHeader, qsdmTransaction} from "../../codecs/qsdm-chain/block.js";
import {type CeremonyBundle, ceremonyBundle, checkCeremony} from "../../codecs/qsdm-chain/ceremony.js";
import {qsdmEvidence} from "../../codecs/qsdm-chain/evidence.js";
import {qsdmTextDigest} from "../../codecs/qsdm-chain/tagged.js";
import {qsdmCertificate, qsdmLockProof, qsdmVote} from "../../codecs/qsdm-chain/votes.js";
import {doubleMining} from "../../codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../codecs/slashing/freshness-cheat.js";
import {slashPayload} from "../../codecs/slashing/payload.js";
import {DecodeError} from "../../errors.js";
import {describeKeystore} from "../wallet/show.js";

/** Fields of bytes that have a form. @throws DecodeError */
export type Reader = (bytes: Uint8Array) => object;

/** A codec whose value says everything. */
export const plainly =
  <T extends object>(codec: Codec<T>): Reader =>
  (bytes) =>
    codec.decode(bytes);
/** A text that QSDM signs or names something by, with its digest. */
const named =
  <T extends object>(codec: Codec<T>): Reader =>
  (bytes) => ({digest: qsdmTextDigest(bytes), ...codec.decode(bytes)});
/** A bundle as attestations carry it: base64 text. */
const inText =
  (decode: (text: string) => object): Reader =>
  (bytes) =>
    decode(textOf(bytes).trim());

/** What does not fit in a bundle, or null where all of it does. */
function brokenIn(bundle: CeremonyBundle): string | null {
  try {
    checkCeremony(bundle);
    return null;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

// Each form refuses the members and tags of the others, so the order matters to nothing but speed.
export const LEDGER_FORMS: Readonly<Record<string, Reader>> = {
  // What it tells without its passphrase, and no more.
  keystore: (bytes) => describeKeystore(bytes),
  "envelope v3": (bytes) => {
    const value = envelope.decode(bytes);
    return {txId: txIdOf(value.content), ...value};
  },
  "unsigned transaction v3": (bytes) => {
    const value = unsignedEnvelope.decode(bytes);
    return {txId: txIdOf(value), ...value};
  },
  "multi-signature envelope v3": (bytes) => {
    const value = decodeMultiEnvelope(bytes);
    return {txId: txIdOf(value.content), ...value};
  },
  "multi-signature policy": (bytes) => {
    const value = policy.decode(bytes);
    checkPolicy(value);
    return {address: addressOfPolicy(value), ...value};
  },
  equivocation: (bytes) => {
    const value = equivocation.decode(bytes);
    return {offence: offenceOf(value), validator: validatorIdOf(value.publicKey), ...value};
  },
  block: (bytes) => {
    const value = block.decode(bytes);
    return {blockId: blockIdOf(value.header), ...value};
  },
  "block header": (bytes) => {
    const value = header.decode(bytes);
    return {blockId: blockIdOf(value), ...value};
  },
  certificate: plainly(certificate),
  "finality proof": plainly(finalityProof),
  "finality proof with steps": plainly(finalityBundle),
  "state proof": plainly(stateProof),
  proposal: plainly(proposal),
  vote: plainly(vote),
  timeout: plainly(timeout),
  "timeout certificate": plainly(timeoutCertificate),
  "signed batch": (bytes) => {
    const value = signedHeader.decode(bytes);
    return {batchId: batchIdOf(value.header), ...value};
  },
  "batch ack": plainly(ack),
  "batch availability": plainly(availability),
  genesis: (bytes) => {
    const value = genesis.decode(bytes);
    return {genesisId: genesisIdOf(value), ...value};
  },
  receipt: plainly(receipt),
  transfer: plainly(transfer),
  "batch transfer": plainly(batchTransfer),
  "vesting claim": plainly(vestingClaim),
  "quorum anchor": plainly(quorumAnchor),
  "quorum stake": (bytes) => {
    const value = quorumStake.decode(bytes);
    return {key: quorumKeyOf(value.publicKey), ...value};
  },
  "quorum release": plainly(quorumRelease),
  "enroll payload v3": plainly(strictEnrollment),
  "mining proof": (bytes) => {
    const value = decodeProof(bytes);
    return {proofId: hexOf(proofIdOf(value)), ...value};
  },
  "enroll payload": plainly(enrollment),
  "unenroll payload": plainly(unenrollment),
  "slash payload": plainly(slashPayload),
  "param-set payload": plainly(paramSet),
  "authority-set payload": plainly(authoritySet),
  "submesh-retire payload": plainly(submeshRetire),
  "double-mining evidence": plainly(doubleMining),
  "forged-attestation evidence": plainly(forgedAttestation),
  "freshness-cheat evidence": plainly(freshnessCheat),
  "hmac bundle": plainly(hmacBundle),
  "hmac bundle in base64": inText(decodeHmacBundle),
  "key bundle in base64": inText(decodeKeyBundle),
  "cc bundle in base64": inText(decodeCcBundle),
  "report bundle in base64": inText(decodeSpdmBundle),
  "measurement report": (bytes) => {
    const {opaque, ...report} = spdmReport.decode(bytes);
    const versions = {driver: driverVersionOf({...report, opaque}), firmware: vbiosVersionOf({...report, opaque})};
    return {...versions, ...report, opaque: Object.fromEntries(opaque)};
  },
  "enrollment envelope v2": plainly(enrollmentEnvelope),
  "wallet envelope v2": plainly(walletEnvelope),
  "stream action": plainly(streamAction),
  "signed stream action": plainly(streamSubmission),
  "slash submission v2": plainly(slashSubmission),
  "QSDM block": (bytes) => {
    const value = qsdmBlock.decode(bytes);
    return {hashFits: hashFits(value), ...value};
  },
  "QSDM header": plainly(qsdmHeader),
  "QSDM transaction": plainly(qsdmTransaction),
  "QSDM ceremony bundle": (bytes) => {
    const value = ceremonyBundle.decode(bytes);
    return {broken: brokenIn(value), ...value};
  },
  "QSDM vote": named(qsdmVote),
  "QSDM round certificate": named(qsdmCertificate),
  "QSDM proof of lock": named(qsdmLockProof),
  "QSDM evidence": named(qsdmEvidence),
};
