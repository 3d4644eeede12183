/** Slashing: posting evidence, and what became of it. */

import {accepted, slashReceiptView} from "../../../codecs/api/mining.js";
import {SLASH_CONTRACT} from "../../../codecs/slashing/payload.js";
import {RuleError} from "../../../errors.js";
import {viewOfSlash} from "../../ledger/slashing/view.js";
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
