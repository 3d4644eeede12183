/** Slashing: posting evidence, and what became of it. */

import {accepted, type SlashReceiptView, slashReceiptView} from "../../../codecs/api/mining.js";
import {SLASH_CONTRACT} from "../../../codecs/slashing/payload.js";
import {RuleError} from "../../../errors.js";
import {reasonOf} from "../../ledger/chain/events.js";
import type {SlashReceipt} from "../../storage/store.js";
import {inPath, txIdKind} from "../param.js";
import {json, route} from "../route.js";
import {EITHER_BODY, takeEither} from "./envelope.js";
import {slashPayer} from "./payer.js";
import {findByTxId} from "./tx-id.js";

export const slashRoute = route({
  method: "POST",
  path: "/api/v1/mining/slash",
  summary: "take evidence of an offence",
  auth: "public",
  errors: "text",
  cost: 6,
  params: {},
  body: EITHER_BODY,
  payer: slashPayer,
  reply: json(accepted),
  statuses: [202],
  handle: ({body}, ports) => takeEither(body, ports, {door: "slash", contracts: [SLASH_CONTRACT]}),
});

export const slashReceiptRoute = route({
  method: "GET",
  path: "/api/v1/mining/slash/{tx_id}",
  summary: "what became of a slash",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {txId: inPath(txIdKind, "transaction id")},
  body: null,
  reply: json(slashReceiptView),
  handle({txId}, ports) {
    const receipt = findByTxId(txId, ports, (id) => ports.node.store.slashReceipt(id));
    if (receipt) return viewOfSlash({...receipt, txId});
    throw new RuleError("SLASH_RECEIPT_NOT_FOUND", `no slash receipt for tx_id ${txId} (unknown or evicted)`, {
      hint: "a slash has a receipt once a block includes it; qsdm receipt finds older ones",
    });
  },
});

/** A slash receipt as reads show it: amounts that are zero disappear. */
export function viewOfSlash(receipt: SlashReceipt): SlashReceiptView {
  const {txId, outcome, recordedAtMs, height, slasher, slash, rejectCode, rejectMessage} = receipt;
  return {
    txId,
    outcome,
    recordedAt: recordedAtMs,
    height,
    slasher,
    nodeId: slash?.nodeId ?? "",
    evidenceKind: slash?.evidenceKind ?? "",
    slashedDust: slash?.slashedDust ?? 0n,
    rewardedDust: slash?.rewardedDust ?? 0n,
    burnedDust: slash?.burnedDust ?? 0n,
    autoRevoked: slash?.autoRevoked ?? false,
    autoRevokeRemainingDust: slash?.autoRevoked ? slash.remainingDust : 0n,
    rejectReason: rejectCode === null ? "" : reasonOf(rejectCode),
    error: rejectMessage ?? "",
  };
}
