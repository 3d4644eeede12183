/** What a transaction says, for whoever is about to sign it or was handed it. */
import {formatCell} from "../../codecs/amount.js";
import type {UnsignedEnvelope} from "../../codecs/chain/envelope.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../codecs/chain/payloads.js";
import {QsdmError} from "../../errors.js";
import {type Authorship, gasOf, ONE_KEY} from "../../node/ledger/monetary/gas.js";
import {documentOf} from "../document.js";
import {identify} from "../inspect/identify.js";
import {shown} from "../inspect/inspect.js";
import {oneLine} from "../output.js";

/** What a payload is, or `null` where this program cannot read it. */
interface Payload {
  readonly kind: string;
  readonly fields: unknown;
}

export function describePayload({payload}: Pick<UnsignedEnvelope, "payload">): Payload | null {
  try {
    const {kind, fields} = identify(payload, {encoding: "raw"});
    return {kind, fields: documentOf(shown(fields))};
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}

/** Content as members of a JSON document; its gas is what `by` makes it, one key where nothing says otherwise. */
export function documentOfContent({payload, ...content}: UnsignedEnvelope, by: Authorship = ONE_KEY) {
  const {kind, fields} = describePayload({payload}) ?? {kind: "unknown", fields: null};
  return {
    ...(documentOf(content) as Readonly<Record<string, unknown>>),
    gas: gasOf({contract: content.contract, sender: content.sender, payload}, by),
    payload: shown(payload),
    payload_kind: kind,
    payload_fields: fields,
  };
}

/** Somebody else may have written it: quoted, so that it cannot pass for a line of this program's own. */
const memoOf = (memo: string): string => (memo === "" ? "" : `, memo ${oneLine(JSON.stringify(memo))}`);

/** What `content` does, one sentence. @throws DecodeError when a payment is not what its contract takes */
export function sentenceOf({contract, sender, payload}: UnsignedEnvelope): string {
  if (contract === TRANSFER_CONTRACT) {
    const {to, amountDust, memo} = transfer.decode(payload);
    return `pays ${formatCell(amountDust)} CELL from ${sender} to ${to}${memoOf(memo)}`;
  }
  if (contract === BATCH_TRANSFER_CONTRACT) {
    const {payments} = batchTransfer.decode(payload);
    const sumDust = payments.reduce((sum, {amountDust}) => sum + amountDust, 0n);
    const each = payments.map(({to, amountDust, memo}) => `\n  ${formatCell(amountDust)} CELL to ${to}${memoOf(memo)}`);
    return `pays ${formatCell(sumDust)} CELL from ${sender} in ${payments.length} payments:${each.join("")}`;
  }
  const kind = describePayload({payload})?.kind ?? "a payload that this program cannot read";
  return `calls ${oneLine(contract)} for ${sender}: ${kind}, ${payload.length} bytes`;
}

/** Under which terms. */
export const termsSentence = ({chainId, nonce, maxFeeDust, tipDust, expiresAtHeight}: UnsignedEnvelope): string =>
  `on chain ${chainId}, nonce ${nonce}, fee at most ${formatCell(maxFeeDust)} CELL with a tip of ${formatCell(tipDust)}, ` +
  `to be included up to height ${expiresAtHeight}`;
