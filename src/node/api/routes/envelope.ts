/** The write routes' common ground: an envelope in the body, of a contract that fits the route. */
import type {Accepted} from "../../../codecs/api/mining.js";
import {ENVELOPE_MAX_BYTES} from "../../../codecs/chain/envelope.js";
import {decodeContent} from "../../../codecs/chain/multisig.js";
import {skipSpace} from "../../../codecs/go/scanner.js";
import {RuleError} from "../../../errors.js";
import type {CompatDoor} from "../../ledger/chain/compat-door.js";
import type {BodySpec, RoutePorts} from "../route.js";

/** A v3 envelope in deterministic CBOR. */
export const ENVELOPE_BODY: BodySpec = {
  contentType: "application/cbor",
  maxBytes: ENVELOPE_MAX_BYTES,
  description: "a signed v3 envelope in deterministic CBOR",
};

/** The same, or what QSDM's clients post to this route, which chains with compat rules take. */
export const EITHER_BODY: BodySpec = {
  ...ENVELOPE_BODY,
  alsoTakes: "application/json",
  description: "a signed v3 envelope in deterministic CBOR; on a compat chain also a QSDM envelope in JSON",
};

/** Whether a body is a JSON object, which no CBOR array starts like. */
export const isJson = (body: Uint8Array): boolean => body[skipSpace(body, 0)] === 0x7b;

/**
 * Takes a v3 envelope of one of `contracts`, or a QSDM envelope for `door`.
 * @throws DecodeError, RuleError, UnavailableError
 */
export async function takeEither(
  body: Uint8Array,
  {node}: RoutePorts,
  {door, contracts}: {door: CompatDoor; contracts: readonly string[]},
): Promise<Accepted> {
  const v2 = isJson(body);
  if (!v2) checkContract(body, contracts);
  const {txId} = v2 ? await node.submitCompat(door, body) : await node.submit(body);
  return {txId, status: "accepted"};
}

/**
 * Refuses an envelope that is meant for another route, before the node spends a verification on it.
 * @throws DecodeError; RuleError CONTRACT_UNFIT
 */
function checkContract(body: Uint8Array, contracts: readonly string[]): void {
  const {contract} = decodeContent(body);
  if (!contracts.includes(contract))
    throw new RuleError(
      "CONTRACT_UNFIT",
      `contract ${contract} does not fit this route, which takes ${contracts.join(", ")}`,
      {
        hint: "POST it to /api/v1/wallet/submit, which takes every contract",
      },
    );
}
