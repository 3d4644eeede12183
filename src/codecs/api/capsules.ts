/** Answers of the recovery routes (spec/qsdm-node.md 5 and 7.3). */
import {CAPSULE_CIPHER, CAPSULE_SCHEME} from "../chain/capsule.js";
import {count, object, text, type ValueOf, word} from "./shape.js";

/** A capsule as the reference writes it into its state root. */
export const capsuleState = object({
  owner: text,
  locator: text,
  capsule: object({
    version: count,
    scheme: word(CAPSULE_SCHEME),
    locator: text,
    address: text,
    cipher: word(CAPSULE_CIPHER),
    /** Base64. */
    nonce: text,
    /** Base64. */
    ciphertext: text,
    createdAt: text,
  }),
  actionId: text,
  registeredAt: text,
});
export type CapsuleState = ValueOf<typeof capsuleState>;

/** `GET /api/v1/wallet/recovery/capsules` and `.../{locator}`. */
export const capsuleAnswer = object({
  runtime: word("qsdm-native"),
  source: word("chain"),
  stateRoot: text,
  recovery: capsuleState,
});

/** `POST /api/v1/wallet/recovery/capsules/submit-signed`. */
export const capsuleAccepted = object({
  actionId: text,
  sender: text,
  locator: text,
  status: word("accepted"),
  mempoolStatus: word("submitted", "duplicate"),
});
