/**
 * What QSDM's clients post to slash: a transaction without a signature.
 *
 * J-html JSON, members in the order below; `gas_limit` is left out when 0. Nothing in it proves who sent it (D13).
 * Source: mining protocol, section 24.5.
 */
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goFloat64, goInt64, goText, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";

const submissionWire = goStruct("api.SlashSubmitRequest", {
  id: member("id", goText()),
  /** Account that pays the fee and receives the reward, as the client says. */
  sender: member("sender", goText()),
  /** The sender's account nonce. */
  nonce: member("nonce", goUint64),
  /** In CELL; `dustOfCell` leaves floats behind. */
  fee: member("fee", goFloat64),
  gasLimit: optional("gas_limit", goInt64),
  contractId: member("contract_id", goText()),
  payloadBase64: member("payload_b64", goText()),
});
export type SlashSubmission = GoValue<typeof submissionWire>;

/** @throws DecodeError ENVELOPE_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const slashSubmission = canonicalCodec<SlashSubmission>({
  what: "slash submission",
  maxBytes: 1_048_576,
  write: (submission) => submissionWire.write(submission, "html"),
  read: (bytes) =>
    readStrict(submissionWire, bytes, {
      code: "ENVELOPE_INVALID",
      prefix: "slash submission: ",
      trailing: "slash submission: data after the submission",
    }),
});
