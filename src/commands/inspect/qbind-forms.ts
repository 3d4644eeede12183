/** Forms of QBIND's nodes, version 1: data of another ledger, which this one reads and never speaks. */
import {textOf} from "../../codecs/bytes.js";
import {sha3} from "../../codecs/hash.js";
import {
  batchCertificate,
  batchCommitment,
  batchContent,
  batchDigests,
  batchReferences,
} from "../../codecs/qbind/batch.js";
import {certificate, proposal, type QbindCertificate, vote} from "../../codecs/qbind/consensus.js";
import {accountTransaction, accountTransactionDigest, nodeId, txId, voteDigest} from "../../codecs/qbind/digests.js";
import {readGovernanceEnvelope} from "../../codecs/qbind/governance-envelope.js";
import {
  networkCertificate,
  networkCertificateDigest,
  packets,
  peerList,
  sealedRecord,
} from "../../codecs/qbind/kemtls.js";
import {preimage} from "../../codecs/qbind/preimage.js";
import {qbindEvidence} from "../../codecs/qbind/slashing.js";
import {ML_KEM_768} from "../../codecs/suite.js";
import {DecodeError} from "../../errors.js";
import {plainly, type Reader} from "./forms.js";

/** Indexes of the validators whose bits are set. */
const signersOf = ({signerBitmap}: QbindCertificate): number[] =>
  Array.from({length: signerBitmap.length * 8}, (_, i) => i).filter((i) => (signerBitmap[i >> 3]! >> (i & 7)) & 1);

/** Forms that say what they are: by a prefix, or by a mark and lengths that end with the bytes. */
export const QBIND_FORMS: Readonly<Record<string, Reader>> = {
  "QBIND preimage": (bytes) => {
    const value = preimage.decode(bytes);
    return value.kind === "TX" ? {txId: txId(value.content), ...value} : value;
  },
  "QBIND vote": (bytes) => {
    const value = vote.decode(bytes);
    return {digest: voteDigest(value), ...value};
  },
  "QBIND certificate": (bytes) => {
    const value = certificate.decode(bytes);
    return {signers: signersOf(value), ...value};
  },
  "QBIND proposal": plainly(proposal),
  "QBIND evidence": (bytes) => ({evidenceId: sha3(bytes), ...qbindEvidence.decode(bytes)}),
  "QBIND governance envelope": readGovernanceEnvelope,
  "QBIND client init": plainly(packets.clientInit),
  "QBIND server accept": plainly(packets.serverAccept),
  "QBIND server cookie": plainly(packets.serverCookie),
  "QBIND record": plainly(sealedRecord),
  "QBIND network certificate": (bytes) => {
    const value = networkCertificate.decode(bytes);
    return {nodeId: nodeId(bytes), digest: networkCertificateDigest(value), ...value};
  },
};

/** Forms that could be anything: read where somebody says so. */
export const UNMARKED_FORMS: Readonly<Record<string, Reader>> = {
  "QBIND peer list": (bytes) => ({
    peers: peerList.decode(bytes).map(({peerId, address}) => ({peerId, address: textOf(address)})),
  }),
  "QBIND batch": (bytes) => {
    const value = batchContent.decode(bytes);
    const {batchId, parents, transactions} = batchDigests(value);
    return {batchId, parentsDigest: parents, transactionsDigest: transactions, ...value};
  },
  "QBIND batch certificate": (bytes) => ({digest: sha3(bytes), ...batchCertificate.decode(bytes)}),
  "QBIND batch references": (bytes) => {
    const references = batchReferences.decode(bytes);
    const {digests, commitment} = batchCommitment(references);
    return {commitment, references: references.map((each, i) => ({digest: digests[i], ...each}))};
  },
  "QBIND account transaction": (bytes) => {
    const value = accountTransaction.decode(bytes);
    return {digest: accountTransactionDigest(bytes), ...value};
  },
  "QBIND node key": (bytes) => {
    const {publicKeyBytes} = ML_KEM_768;
    if (bytes.length !== publicKeyBytes)
      throw new DecodeError("KEY_SIZE", `a node key is ${publicKeyBytes} bytes, these are ${bytes.length}`);
    return {nodeId: nodeId(bytes)};
  },
};
