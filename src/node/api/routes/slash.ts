/** Slashing: posting evidence, and what became of it. */

import {accepted, slashReceiptView, slashVerdict} from "../../../codecs/api/mining.js";
import {SLASH_CONTRACT, SLASH_PAYLOAD_MAX_BYTES} from "../../../codecs/slashing/payload.js";
import {QsdmError, RuleError} from "../../../errors.js";
import {viewOfSlash} from "../../ledger/slashing/view.js";
import {inPath, txIdKind} from "../param.js";
import {type BodySpec, json, route} from "../route.js";
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

/** Evidence of an offence, without anybody's signature. */
const PAYLOAD_BODY: BodySpec = {
  contentType: "application/json",
  maxBytes: SLASH_PAYLOAD_MAX_BYTES,
  description: "a canonical slash payload",
};

const NO_PENALTY = {slashedDust: 0n, rewardedDust: 0n, burnedDust: 0n, remainingDust: 0n, autoRevoked: false};

export const judgeSlashRoute = route({
  method: "POST",
  path: "/api/v1/mining/slash/judge",
  summary: "what a block would make of a slash, for nothing",
  auth: "public",
  errors: "coded",
  cost: 6,
  params: {},
  body: PAYLOAD_BODY,
  // Names nobody who could pay: the address that asks is charged alone.
  payer: () => null,
  reply: json(slashVerdict),
  handle({body}, {node}) {
    const {offenceKey, slashedAtHeight, waiting, outcome} = node.judgeSlash(body);
    const known = {offenceKey, slashedAtHeight, waiting};
    if (!(outcome instanceof RuleError)) {
      const {slashedDust, rewardedDust, burnedDust, remainingDust, autoRevoked} = outcome;
      const terms = {slashedDust, rewardedDust, burnedDust, remainingDust, autoRevoked};
      return {...known, ...terms, convicts: true, code: "", cause: "", message: ""};
    }
    const {code, message} = outcome;
    const cause = outcome.cause instanceof QsdmError ? outcome.cause.code : "";
    return {...known, ...NO_PENALTY, convicts: false, code, cause, message};
  },
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
  async handle({txId}, ports) {
    const receipt = await findByTxId(txId, ports, (id) => ports.node.store.slashReceipt(id));
    if (receipt) return viewOfSlash({...receipt, txId});
    throw new RuleError("SLASH_RECEIPT_NOT_FOUND", `no slash receipt for tx_id ${txId} (unknown or evicted)`, {
      hint: "a slash has a receipt once a block includes it; qsdm receipt finds older ones",
    });
  },
});
