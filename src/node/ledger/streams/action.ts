/**
 * What a stream action must look like before anybody looks at the state.
 * Source: node specification, section 5; the order of checks is the reference's.
 */
import {isAddress} from "../../../codecs/address.js";
import {STREAM_ACTIONS, STREAM_NAME_MAX, type StreamVerb} from "../../../codecs/chain/stream.js";
import {type StreamAction, streamAction} from "../../../codecs/envelopes/actions.js";
import {nanosecondsOf} from "../../../codecs/go/time.js";
import {RuleError} from "../../../errors.js";

/** An action whose members fit together; times in nanoseconds since 1970. */
export interface CheckedAction {
  readonly action: Omit<StreamAction, "action"> & {readonly action: StreamVerb};
  readonly atNs: bigint;
  /** Of an opening. */
  readonly expiresAtNs: bigint | null;
  /** Of a receipt. */
  readonly observedAtNs: bigint | null;
}

const NAME = /^[A-Za-z0-9._:-]+$/;
const isName = (text: string): boolean => text.length <= STREAM_NAME_MAX && NAME.test(text);

const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
const NAME_TEXT = "is not 1 to 128 letters, digits, dots, colons, hyphens or underlines";

const refuse = (what: string): never => {
  throw new RuleError("STREAM_INVALID", `stream action: ${what}`);
};

function timeOf(text: string, what: string): bigint {
  const ns = nanosecondsOf(text);
  return ns ?? refuse(`${what} is not a time`);
}

const OPENING = [
  "provider",
  "serviceId",
  "deviceIdHash",
  "sessionPublicKey",
  "priceDust",
  "pricePeriodSeconds",
  "budgetDust",
  "maxActiveSeconds",
  "expiresAt",
] as const satisfies readonly (keyof StreamAction)[];

/** @throws DecodeError ACTION_INVALID, JSON_NOT_CANONICAL; RuleError STREAM_INVALID */
export const readAction = (payload: Uint8Array): CheckedAction => checkAction(streamAction.decode(payload));

/** @throws RuleError STREAM_INVALID */
export function checkAction(action: StreamAction): CheckedAction {
  const verb = STREAM_ACTIONS.find((each) => each === action.action);
  if (!isName(action.id)) refuse(`id ${NAME_TEXT}`);
  if (!isName(action.streamId)) refuse(`stream_id ${NAME_TEXT}`);
  if (!isAddress(action.sender)) refuse("sender is not an address");
  const atNs = timeOf(action.timestamp, "timestamp");
  if (verb === undefined) return refuse(`there is no action "${action.action}"`);
  const checked = {action: {...action, action: verb}, atNs, expiresAtNs: null, observedAtNs: null};
  if (verb === "open") return {...checked, expiresAtNs: checkOpening(action, atNs)};
  const extra = OPENING.find((member) => action[member] !== "" && action[member] !== 0n);
  if (extra !== undefined) refuse(`${verb} carries what only an opening may`);
  if (verb === "receipt") return {...checked, observedAtNs: checkReceipt(action)};
  if (action.receipt !== null) refuse(`${verb} carries a receipt`);
  return checked;
}

function checkOpening(action: StreamAction, atNs: bigint): bigint {
  if (!isAddress(action.provider)) refuse("provider is not an address");
  if (action.provider === action.sender) refuse("payer and provider are one account");
  if (!isName(action.serviceId)) refuse(`service_id ${NAME_TEXT}`);
  if (!isDigest(action.deviceIdHash)) refuse("device_id_hash is not 64 lowercase hex digits");
  if (!isDigest(action.sessionPublicKey)) refuse("session_public_key is not 64 lowercase hex digits");
  if (action.priceDust === 0n || action.pricePeriodSeconds === 0n) refuse("the price or its period is 0");
  if (action.budgetDust === 0n || action.maxActiveSeconds === 0n) refuse("the budget or the longest use is 0");
  const expiresAtNs = timeOf(action.expiresAt, "expires_at");
  if (expiresAtNs <= atNs) refuse("it expires before it is opened");
  if (action.receipt !== null) refuse("an opening carries a receipt");
  return expiresAtNs;
}

function checkReceipt({streamId, receipt}: StreamAction): bigint {
  if (receipt === null) return refuse("there is no receipt in it");
  if (receipt.streamId !== streamId) refuse("the receipt is of another stream");
  if (receipt.sequence === 0n || receipt.cumulativeActiveSeconds === 0n) refuse("the receipt counts from 1");
  const observedAtNs = timeOf(receipt.observedAt, "observed_at");
  if (receipt.signature === "") refuse("the receipt is not signed");
  return observedAtNs;
}
