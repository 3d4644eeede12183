/** Every form that this program can tell by its bytes. */
import {hexOf, textOf} from "../codecs/bytes.js";
import {block, blockIdOf, certificate, header} from "../codecs/chain/block.js";
import {envelope, txIdOf, unsignedEnvelope} from "../codecs/chain/envelope.js";
import {finalityProof} from "../codecs/chain/finality.js";
import {genesis, genesisIdOf} from "../codecs/chain/genesis.js";
import {strictEnrollment, transfer} from "../codecs/chain/payloads.js";
import {receipt} from "../codecs/chain/receipt.js";
import type {Codec} from "../codecs/codec.js";
import {enrollment, unenrollment} from "../codecs/enrollment.js";
import {enrollmentEnvelope} from "../codecs/envelopes/enrollment.js";
import {slashSubmission} from "../codecs/envelopes/submission.js";
import {walletEnvelope} from "../codecs/envelopes/wallet.js";
import {compactJson} from "../codecs/go/layout.js";
import {authoritySet, paramSet} from "../codecs/governance/payloads.js";
import {decodeCcBundle} from "../codecs/mining/cc-bundle.js";
import {decodeHmacBundle, hmacBundle} from "../codecs/mining/hmac-bundle.js";
import {decodeKeyBundle} from "../codecs/mining/key-bundle.js";
import {decodeProof, proofIdOf} from "../codecs/mining/proof.js";
import {decodeSpdmBundle} from "../codecs/mining/spdm-bundle.js";
import {driverVersionOf, spdmReport, vbiosVersionOf} from "../codecs/mining/spdm-report.js";
import {hashFits, qsdmBlock, qsdmHeader, qsdmTransaction} from "../codecs/qsdm-chain/block.js";
import {doubleMining} from "../codecs/slashing/double-mining.js";
import {forgedAttestation} from "../codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../codecs/slashing/freshness-cheat.js";
import {slashPayload} from "../codecs/slashing/payload.js";
import {DecodeError, QsdmError} from "../errors.js";
import {describeKeystore} from "./wallet/show.js";

/** What bytes are. */
export interface Found {
  readonly kind: string;
  readonly sizeBytes: number;
  /** Whether these very bytes are the form, or only the same JSON laid out otherwise. */
  readonly canonical: boolean;
  readonly fields: object;
}

type Reader = (bytes: Uint8Array) => object;

const plainly =
  <T extends object>(codec: Codec<T>): Reader =>
  (bytes) =>
    codec.decode(bytes);
/** A bundle as attestations carry it: base64 text. */
const inText =
  (decode: (text: string) => object): Reader =>
  (bytes) =>
    decode(textOf(bytes).trim());

// Each form refuses the members and tags of the others, so the order matters to nothing but speed.
const READERS: Readonly<Record<string, Reader>> = {
  "envelope v3": (bytes) => {
    const value = envelope.decode(bytes);
    return {txId: txIdOf(value.content), ...value};
  },
  "unsigned transaction v3": (bytes) => {
    const value = unsignedEnvelope.decode(bytes);
    return {txId: txIdOf(value), ...value};
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
  genesis: (bytes) => {
    const value = genesis.decode(bytes);
    return {genesisId: genesisIdOf(value), ...value};
  },
  receipt: plainly(receipt),
  transfer: plainly(transfer),
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
  "slash submission v2": plainly(slashSubmission),
  "QSDM block": (bytes) => {
    const value = qsdmBlock.decode(bytes);
    return {hashFits: hashFits(value), ...value};
  },
  "QSDM header": plainly(qsdmHeader),
  "QSDM transaction": plainly(qsdmTransaction),
};

/**
 * What `bytes` are. A keystore shows what it tells without its passphrase and no more.
 * @throws DecodeError FORM_UNKNOWN
 */
export function identify(bytes: Uint8Array): Found {
  const sizeBytes = bytes.length;
  const keystore = attempt(() => describeKeystore(bytes));
  if (keystore) return {kind: "keystore", sizeBytes, canonical: true, fields: keystore};
  const found = identifyExact(bytes);
  if (found) return {...found, sizeBytes, canonical: true};
  // People indent JSON, and editors end it with a new line.
  const compact = attempt(() => compactJson(bytes));
  const loose = compact && identifyExact(compact);
  if (loose) return {...loose, sizeBytes, canonical: false};
  throw new DecodeError("FORM_UNKNOWN", `these ${sizeBytes} bytes have no form that this program knows`, {
    hint: "hex and base64 have to be turned into bytes first; evidence may be broken: qsdm slash-helper inspect --kind",
  });
}

function identifyExact(bytes: Uint8Array): Pick<Found, "kind" | "fields"> | null {
  for (const [kind, read] of Object.entries(READERS)) {
    const fields = attempt(() => read(bytes));
    if (fields) return {kind, fields};
  }
  return null;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}
