/** The write routes' common ground: an envelope in the body, of a contract that fits the route. */
import {decodeEnvelope, ENVELOPE_MAX_BYTES} from "../../../codecs/chain/envelope.js";
import {RuleError} from "../../../errors.js";
import type {BodySpec} from "../route.js";

/** A v3 envelope in deterministic CBOR. */
export const ENVELOPE_BODY: BodySpec = {
  contentType: "application/cbor",
  maxBytes: ENVELOPE_MAX_BYTES,
  description: "a signed v3 envelope in deterministic CBOR",
};

/**
 * Refuses an envelope that is meant for another route, before the node spends a verification on it.
 * @throws DecodeError; RuleError CONTRACT_UNFIT
 */
export function checkContract(body: Uint8Array, contracts: readonly string[]): void {
  const {contract} = decodeEnvelope(body).content;
  if (!contracts.includes(contract))
    throw new RuleError(
      "CONTRACT_UNFIT",
      `contract ${contract} does not fit this route, which takes ${contracts.join(", ")}`,
      {
        hint: "POST it to /api/v1/wallet/submit, which takes every contract",
      },
    );
}
