/** Slash payloads. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {checkSlashAdmission, type UnsignedTransaction} from "../../../src/codecs/slashing/admission.js";
import {checkSlashPayload, type SlashPayload, slashPayload} from "../../../src/codecs/slashing/payload.js";
import {type Adapters, byOperation, type Input, type Output} from "../case.js";
import {nullableBytes, nullableShape, OK} from "./shapes.js";

export const slashPayloadOf = (input: Input): SlashPayload => ({
  nodeId: input.text("node_id"),
  evidenceKind: input.text("evidence_kind"),
  evidence: input.has("evidence_blob_zero_bytes")
    ? new Uint8Array(input.number("evidence_blob_zero_bytes"))
    : nullableBytes(input, "evidence_blob"),
  slashAmountDust: input.big("slash_amount_dust"),
  memo: input.text("memo"),
});

const slashPayloadShape = (payload: SlashPayload): Output => ({
  node_id: payload.nodeId,
  evidence_kind: payload.evidenceKind,
  ...nullableShape("evidence_blob", payload.evidence),
  slash_amount_dust: String(payload.slashAmountDust),
  memo: payload.memo,
});

/** A `tx` member, which may be null. */
export const transactionOf = (input: Input): UnsignedTransaction | null => {
  if (!input.has("tx")) return null;
  const tx = input.object("tx");
  return {
    contractId: tx.text("contract_id"),
    sender: tx.text("sender"),
    fee: tx.number("fee"),
    payload: tx.bytes("payload_hex"),
  };
};

export const slashingAdapters: Adapters = {
  "mining.slashing: slash payload codec, validation and admission": byOperation({
    encode: (input) => ({payload_hex: hexOf(slashPayload.encode(slashPayloadOf(input.object("payload"))))}),
    decode(input) {
      const payload = slashPayload.readCompat(input.bytes("raw_hex"));
      return {payload: slashPayloadShape(payload), reencoded_hex: hexOf(slashPayload.encode(payload))};
    },
    validate_fields(input) {
      checkSlashPayload(slashPayloadOf(input.object("payload")), input.text("sender"));
      return OK;
    },
    admission(input) {
      checkSlashAdmission(transactionOf(input));
      return OK;
    },
  }),
};
