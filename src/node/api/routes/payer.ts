/** Which account a write names, read before anything is verified. `null` where it cannot be read: the handler refuses. */
import {decodeContent} from "../../../codecs/chain/multisig.js";
import {capsuleSubmission, streamSubmission} from "../../../codecs/envelopes/actions.js";
import {enrollmentEnvelope} from "../../../codecs/envelopes/enrollment.js";
import {slashSubmission} from "../../../codecs/envelopes/submission.js";
import {walletEnvelope} from "../../../codecs/envelopes/wallet.js";
import {readProofCompat} from "../../../codecs/mining/proof.js";
import {QsdmError} from "../../../errors.js";
import {isJson} from "./envelope.js";

type Payer = (body: Uint8Array) => string | null;

/** Longest text that is an account anywhere; what is longer must not fill the limiter's memory. */
const ACCOUNT_MAX = 128;

const reading =
  (read: (body: Uint8Array) => string): Payer =>
  (body) => {
    try {
      const account = read(body);
      return account.length <= ACCOUNT_MAX ? account : null;
    } catch (error) {
      if (error instanceof QsdmError) return null;
      throw error;
    }
  };

const either = (readV2: (body: Uint8Array) => string): Payer =>
  reading((body) => (isJson(body) ? readV2(body) : decodeContent(body).sender));

/** Sender of a v3 envelope. */
export const envelopePayer: Payer = reading((body) => decodeContent(body).sender);
/** Sender of a QSDM wallet envelope. */
export const walletPayer: Payer = reading((body) => walletEnvelope.readCompat(body).sender);
/** Sender of either envelope of an enrollment or its end. */
export const enrollmentPayer: Payer = either((body) => enrollmentEnvelope.readCompat(body).sender);
/** Sender of either envelope of a slash. */
export const slashPayer: Payer = either((body) => slashSubmission.readCompat(body).sender);
/** Sender of a QSDM stream action. */
export const streamPayer: Payer = reading((body) => streamSubmission.readCompat(body).action.sender);
/** Sender of a QSDM capsule action. */
export const capsulePayer: Payer = reading((body) => capsuleSubmission.readCompat(body).action.sender);
/** Account that a proof's reward would go to. */
export const proofPayer: Payer = reading((body) => readProofCompat(body).minerAddr);
