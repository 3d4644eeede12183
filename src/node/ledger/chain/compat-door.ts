/**
 * The doors at which QSDM's clients knock: their JSON, read with the reference's tolerance, goes on in its canonical
 * form, which is the only one that blocks carry. A signature is over that form, so none is lost on the way.
 */
import {COMPAT_BODY_MAX_BYTES, type CompatTransaction, compatTransaction} from "../../../codecs/chain/compat.js";
import {peekEnrollmentKind} from "../../../codecs/enrollment.js";
import {ACTION_MAX_BYTES, capsuleSubmission, streamSubmission} from "../../../codecs/envelopes/actions.js";
import {checkEnrollmentAdmission, enrollmentEnvelope, transactionOf} from "../../../codecs/envelopes/enrollment.js";
import {slashSubmission} from "../../../codecs/envelopes/submission.js";
import {WALLET_ENVELOPE_MAX_BYTES, walletEnvelope} from "../../../codecs/envelopes/wallet.js";
import type {CompatCodec} from "../../../codecs/json.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {DecodeError} from "../../../errors.js";
import type {BlockContext} from "./contract.js";
import {refusedV2} from "./execute.js";

/** Which route an envelope came in at. */
export type CompatDoor = "wallet" | "enroll" | "unenroll" | "slash" | "stream" | "capsule";

interface DoorSpec {
  readonly form: CompatTransaction["form"];
  readonly maxBytes: number;
  /** Canonical bytes of what the client sent, admitted as the reference admits it. @throws DecodeError */
  canonical(body: Uint8Array, verify: VerifySignature): Uint8Array;
}

const rewrite = <T>(codec: CompatCodec<T>, body: Uint8Array): Uint8Array => codec.encode(codec.readCompat(body));

/** A payload of another kind belongs at the other door. */
function enrollmentDoor(kind: "enroll" | "unenroll"): DoorSpec {
  return {
    form: "enrollment",
    maxBytes: 65_536,
    canonical(body, verify) {
      const envelope = enrollmentEnvelope.readCompat(body);
      const transaction = transactionOf(envelope);
      checkEnrollmentAdmission(transaction, verify);
      const given = peekEnrollmentKind(transaction.payload);
      if (given !== kind)
        throw new DecodeError("ENVELOPE_INVALID", `the payload is of kind "${given}", this route takes "${kind}"`, {
          hint: `POST it to /api/v1/mining/${given === "unenroll" ? "unenroll" : "enroll"}`,
        });
      return enrollmentEnvelope.encode(envelope);
    },
  };
}

const DOORS: Readonly<Record<CompatDoor, DoorSpec>> = {
  wallet: {
    form: "wallet",
    maxBytes: WALLET_ENVELOPE_MAX_BYTES,
    canonical: (body) => rewrite(walletEnvelope, body),
  },
  enroll: enrollmentDoor("enroll"),
  unenroll: enrollmentDoor("unenroll"),
  slash: {form: "slash", maxBytes: COMPAT_BODY_MAX_BYTES, canonical: (body) => rewrite(slashSubmission, body)},
  stream: {form: "stream", maxBytes: ACTION_MAX_BYTES, canonical: (body) => rewrite(streamSubmission, body)},
  capsule: {form: "capsule", maxBytes: ACTION_MAX_BYTES, canonical: (body) => rewrite(capsuleSubmission, body)},
};

/**
 * The transaction that carries `body`, for `readTransaction`.
 * @throws RuleError ENVELOPE_V2_REFUSED on a strict chain; DecodeError ENVELOPE_TOO_LARGE, ENVELOPE_INVALID,
 * ENROLL_INVALID, ENROLL_UNSIGNED, FLOAT_UNSUPPORTED, and what an enrollment's signature is refused with
 */
export function carryCompat(
  door: CompatDoor,
  body: Uint8Array,
  {params: {chainId, rules}, verifySignature}: Pick<BlockContext, "params" | "verifySignature">,
): Uint8Array {
  if (rules.envelopes === "v3-only") throw refusedV2(chainId);
  const {form, maxBytes, canonical} = DOORS[door];
  if (body.length > maxBytes)
    throw new DecodeError("ENVELOPE_TOO_LARGE", `envelope is ${body.length} bytes, at most ${maxBytes}`);
  return compatTransaction.encode({chainId, form, body: canonical(body, verifySignature)});
}
