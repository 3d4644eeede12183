/**
 * Signed envelope of contract `qsdm/enroll/v2`, which carries an enroll or unenroll payload.
 *
 * J-html JSON, members in the order below; `gas_limit` and `public_key` are left out when empty. The signature is over
 * the same JSON with an empty signature and no key. Verification compares the sender with the key's digest, so the
 * order of checks decides only which text a bad envelope gets.
 * Source: mining protocol, section 19.4. Vectors: enrollment.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {addressOfKey} from "../address.js";
import {base64Of, utf8} from "../bytes.js";
import {ENROLL_V1_CONTRACT, ENROLL_V2_CONTRACT, enrollment, peekEnrollmentKind, unenrollment} from "../enrollment.js";
import {checkEnrollment, checkUnenrollment} from "../enrollment-fields.js";
import {readBase64} from "../go/base64.js";
import {hexOrNull} from "../go/hex.js";
import {formatFloat} from "../go/number.js";
import {quoteText} from "../go/quote.js";
import {prefixed, readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goFloat64, goInt64, goText, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import {ML_DSA_87, type VerifySignature} from "../suite.js";

const envelopeWire = goStruct("enrollment.SignedEnvelope", {
  id: member("id", goText()),
  /** Address of `publicKey`, lowercase. */
  sender: member("sender", goText()),
  nonce: member("nonce", goUint64),
  /** In CELL. Signed as the shortest text of a double, so it stays one here; `dustOfCell` leaves floats behind. */
  fee: member("fee", goFloat64),
  gasLimit: optional("gas_limit", goInt64),
  contractId: member("contract_id", goText()),
  payloadBase64: member("payload_b64", goText()),
  /** Hex of an ML-DSA-87 signature. */
  signature: member("signature", goText()),
  /** Hex of an ML-DSA-87 key. */
  publicKey: optional("public_key", goText()),
});
export type EnrollmentEnvelope = GoValue<typeof envelopeWire>;

/** The transaction that an envelope turns into. */
export type EnrollmentTransaction = Omit<EnrollmentEnvelope, "payloadBase64"> & {readonly payload: Uint8Array};

/** @throws DecodeError ENVELOPE_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const enrollmentEnvelope = canonicalCodec<EnrollmentEnvelope>({
  what: "enrollment envelope",
  maxBytes: 65_536,
  write: (envelope) => envelopeWire.write(envelope, "html"),
  read: (bytes) =>
    readStrict(envelopeWire, bytes, {
      code: "ENVELOPE_INVALID",
      prefix: "envelope: ",
      trailing: "envelope: data after the envelope",
    }),
});

/** Bytes under the signature. @throws DecodeError FLOAT_UNSUPPORTED, FIELD_INVALID */
export const enrollmentSigningBytes = (envelope: EnrollmentEnvelope): Uint8Array =>
  utf8(envelopeWire.write({...envelope, signature: "", publicKey: ""}, "html"));

const REQUIRED = "enrollment: signed v2 envelope required: ";
const NOT_THE_SENDER = "enrollment: sender does not match public key";
const BAD_SIGNATURE = "enrollment: ML-DSA signature is invalid";
const refuse = (code: string, message: string): never => {
  throw new DecodeError(code, message);
};

/**
 * The stateless rules of an envelope, in the reference's order.
 * @throws DecodeError ENVELOPE_INVALID, ENVELOPE_SENDER_MISMATCH, ENVELOPE_SIGNATURE_INVALID
 */
export function checkEnrollmentEnvelope(envelope: EnrollmentEnvelope, verify: VerifySignature): void {
  const {contractId, id, payloadBase64, sender, publicKey, signature} = envelope;
  if (contractId !== ENROLL_V2_CONTRACT)
    refuse("ENVELOPE_INVALID", `${REQUIRED}contract_id must be "${ENROLL_V2_CONTRACT}"`);
  if (isBlank(id) || isBlank(payloadBase64)) refuse("ENVELOPE_INVALID", `${REQUIRED}id and payload_b64 are required`);
  if (sender === "" || sender !== sender.trim().toLowerCase())
    refuse("ENVELOPE_SENDER_MISMATCH", `${NOT_THE_SENDER}: sender must be canonical lowercase hex`);
  const key =
    hexOfSize(publicKey, ML_DSA_87.publicKeyBytes) ??
    refuse("ENVELOPE_INVALID", `${REQUIRED}public_key must be ${ML_DSA_87.publicKeyBytes}-byte hex`);
  if (addressOfKey(key) !== sender) refuse("ENVELOPE_SENDER_MISMATCH", NOT_THE_SENDER);
  const signatureBytes =
    hexOfSize(signature, ML_DSA_87.signatureBytes) ??
    refuse("ENVELOPE_SIGNATURE_INVALID", `${BAD_SIGNATURE}: signature must be ${ML_DSA_87.signatureBytes}-byte hex`);
  if (!verify(key, enrollmentSigningBytes(envelope), signatureBytes))
    refuse("ENVELOPE_SIGNATURE_INVALID", BAD_SIGNATURE);
}

/** Nothing but Unicode white space, as Go has it: with U+0085, without U+FEFF. */
const isBlank = (text: string): boolean =>
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/.test(text);

const hexOfSize = (text: string, size: number): Uint8Array | null =>
  text.length === size * 2 ? hexOrNull(text) : null;

/** @throws DecodeError ENVELOPE_INVALID for a payload that is not base64 */
export function transactionOf({payloadBase64, ...rest}: EnrollmentEnvelope): EnrollmentTransaction {
  const prefix = "payload_b64 not valid base64: ";
  return {...rest, payload: prefixed({code: "ENVELOPE_INVALID", prefix}, () => readBase64(payloadBase64))};
}

/** The envelope of a transaction. Its base64 is written anew, so one with sloppy base64 no longer verifies (quirk Q31). */
const envelopeOf = ({payload, ...rest}: EnrollmentTransaction): EnrollmentEnvelope => ({
  ...rest,
  payloadBase64: base64Of(payload),
});

/**
 * Admits an enrollment transaction, or passes over one of another contract. Section 19.5.
 * @throws DecodeError ENROLL_INVALID, ENROLL_UNSIGNED and what its envelope and payload are refused with
 */
export function checkEnrollmentAdmission(tx: EnrollmentTransaction | null, verify: VerifySignature): void {
  if (tx === null) return refuse("ENROLL_INVALID", "enrollment admit: nil tx");
  if (tx.contractId === ENROLL_V1_CONTRACT)
    refuse("ENROLL_UNSIGNED", "enrollment: unsigned v1 submissions are disabled");
  if (tx.contractId !== ENROLL_V2_CONTRACT) return;
  within("signature", () => checkEnrollmentEnvelope(envelopeOf(tx), verify));
  if (tx.payload.length === 0) refuse("ENROLL_INVALID", "enrollment: payload invalid: enrollment tx missing Payload");
  const kind = prefixed({code: "ENROLL_INVALID", prefix: "enrollment admit: "}, () => peekEnrollmentKind(tx.payload));
  if (kind === "enroll") {
    const payload = within("(enroll decode)", () => enrollment.readCompat(tx.payload));
    within("(enroll fields)", () => checkEnrollment(payload, tx.sender));
    checkFee("enrollment", tx.fee);
  } else if (kind === "unenroll") {
    const payload = within("(unenroll decode)", () => unenrollment.readCompat(tx.payload));
    within("(unenroll fields)", () => checkUnenrollment(payload, tx.sender));
    checkFee("unenrollment", tx.fee);
  } else refuse("ENROLL_INVALID", `enrollment: payload invalid: unknown payload kind ${quoteText(kind)}`);
}

/** Runs `check`; what it throws keeps its code and says where it happened. */
function within<T>(step: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError(cause.code, `enrollment admit ${step}: ${cause.message}`, {cause});
  }
}

function checkFee(what: string, fee: number): void {
  if (fee < 0)
    refuse("ENROLL_INVALID", `enrollment: payload invalid: ${what} fee must be >= 0, got ${formatFloat(fee)}`);
}
