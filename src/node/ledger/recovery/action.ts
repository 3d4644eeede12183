/**
 * What a capsule action must look like before anybody looks at the state.
 * Source: node specification, section 5; the order of checks is the reference's.
 */
import {isAddress} from "../../../codecs/address.js";
import {bytesOfBase64} from "../../../codecs/bytes.js";
import {
  CAPSULE_ACTION_ID_MAX,
  CAPSULE_CIPHER,
  CAPSULE_CIPHERTEXT_MAX,
  CAPSULE_CIPHERTEXT_MIN,
  CAPSULE_NONCE_BYTES,
  CAPSULE_PAYLOAD_MAX,
  CAPSULE_SCHEME,
  CAPSULE_VERSION,
  type CapsuleRecord,
} from "../../../codecs/chain/capsule.js";
import {type CapsuleAction, capsuleAction} from "../../../codecs/envelopes/actions.js";
import {nanosecondsOf} from "../../../codecs/go/time.js";
import {DecodeError, RuleError} from "../../../errors.js";

/** An action whose members fit together, and the record that it makes. */
export interface CheckedCapsule {
  readonly action: CapsuleAction;
  readonly record: CapsuleRecord;
}

const NAME = /^[A-Za-z0-9._:-]+$/;
const isName = (text: string): boolean => text.length <= CAPSULE_ACTION_ID_MAX && NAME.test(text);
const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

const refuse = (what: string): never => {
  throw new RuleError("CAPSULE_INVALID", `capsule action: ${what}`);
};

const timeOf = (text: string, what: string): bigint => nanosecondsOf(text) ?? refuse(`${what} is not a time`);

/** @throws DecodeError ACTION_INVALID, JSON_NOT_CANONICAL, JSON_TOO_LARGE; RuleError CAPSULE_INVALID */
export function readCapsuleAction(payload: Uint8Array): CheckedCapsule {
  if (payload.length > CAPSULE_PAYLOAD_MAX) refuse(`${payload.length} bytes, at most ${CAPSULE_PAYLOAD_MAX}`);
  return checkCapsuleAction(capsuleAction.decode(payload));
}

/** @throws RuleError CAPSULE_INVALID */
export function checkCapsuleAction(action: CapsuleAction): CheckedCapsule {
  const {id, sender, locator, capsule, timestamp} = action;
  if (!isName(id)) refuse("id is not 1 to 128 letters, digits, dots, colons, hyphens or underlines");
  if (!isAddress(sender)) refuse("sender is not an address");
  if (action.action !== "register") refuse(`there is no action "${action.action}"`);
  if (!isDigest(locator)) refuse("locator is not 64 lowercase hex digits");
  if (capsule === null) return refuse("there is no capsule in it");
  if (capsule.locator !== locator) refuse("the capsule has another locator");
  if (capsule.address !== sender) refuse("the capsule is another account's");
  if (capsule.version !== CAPSULE_VERSION || capsule.scheme !== CAPSULE_SCHEME)
    refuse(`the capsule is not of version ${CAPSULE_VERSION} of ${CAPSULE_SCHEME}`);
  if (capsule.cipher !== CAPSULE_CIPHER) refuse(`the capsule's cipher is not ${CAPSULE_CIPHER}`);
  const nonce = binary(capsule.nonce, "nonce", CAPSULE_NONCE_BYTES, CAPSULE_NONCE_BYTES);
  const ciphertext = binary(capsule.ciphertext, "ciphertext", CAPSULE_CIPHERTEXT_MIN, CAPSULE_CIPHERTEXT_MAX);
  const createdAtNs = timeOf(capsule.createdAt, "created_at");
  if (timeOf(timestamp, "timestamp") < createdAtNs) refuse("it is older than its capsule");
  const {createdAt} = capsule;
  return {action, record: {locator, nonce, ciphertext, createdAt, actionId: id, registeredAt: timestamp}};
}

/** Bytes of base64 in its one spelling: the state keeps bytes, and shows them as they were signed. */
function binary(text: string, what: string, min: number, max: number): Uint8Array {
  const bytes = decoded(text) ?? refuse(`the capsule's ${what} is not base64 in its shortest spelling`);
  if (bytes.length < min || bytes.length > max) refuse(`the capsule's ${what} has ${bytes.length} bytes`);
  return bytes;
}

function decoded(text: string): Uint8Array | null {
  try {
    return bytesOfBase64(text);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
