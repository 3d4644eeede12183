/** What a place in the next blocks costs. */
import {feeEstimates, feeQuote} from "../../../codecs/api/fees.js";
import {ENVELOPE_MAX_BYTES, isUnsigned, unsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {recordGasOf} from "../../ledger/chain/growth.js";
import {readTransaction, type Transaction} from "../../ledger/chain/transaction.js";
import {targetGasOf} from "../../ledger/monetary/base-fee.js";
import {baseFeeOf, GAS_PER_BASE_FEE} from "../../ledger/monetary/fees.js";
import {gasOf} from "../../ledger/monetary/gas.js";
import {feeFor} from "../../mempool/pool/estimate.js";
import {json, type RoutePorts, route} from "../route.js";

/** Within how many blocks. */
const TARGETS = [1, 3, 10];

export const feesRoute = route({
  method: "GET",
  path: "/api/v1/fees",
  summary: "what to bid for a place in the next blocks",
  auth: "public",
  errors: "coded",
  // A full pool is sorted.
  cost: 20,
  params: {},
  body: null,
  reply: json(feeEstimates),
  handle(_input, {node}) {
    const {head, params} = node.view();
    const waiting = node.waitingBids();
    return {
      height: head.height,
      baseFeeDust: params.fees.baseFeeDust,
      gasPerBaseFee: GAS_PER_BASE_FEE,
      floorDust: params.fees.floorDust,
      targetBlockGas: targetGasOf(params.fees, params.limits),
      maxBlockGas: params.limits.maxGas,
      recordGas: recordGasOf(params.limits),
      waiting: waiting.length,
      waitingGas: waiting.reduce((sum, {bid}) => sum + bid.usesGas, 0n),
      estimates: TARGETS.map((blocks) => ({blocks, feeDust: feeFor(blocks, waiting, params)})),
    };
  },
});

/** Of content without a signature only its sender can be known: its key is carried where the chain lacks it. */
function sentIn(body: Uint8Array, {node}: RoutePorts): Pick<Transaction, "content" | "authority" | "gas"> {
  if (!isUnsigned(body)) return readTransaction(body);
  const content = unsignedEnvelope.decode(body);
  const publicKey = node.view().account(content.sender)?.keyKnown ? null : NO_BYTES;
  return {content, authority: {form: "envelope-v3", publicKey, signature: NO_BYTES}, gas: gasOf(content)};
}

const NO_BYTES = new Uint8Array();

export const feeQuoteRoute = route({
  method: "POST",
  path: "/api/v1/fees/quote",
  summary: "gas of a transaction, signed or not, with what it would add to the state now",
  auth: "public",
  errors: "coded",
  cost: 0.5,
  params: {},
  body: {
    contentType: "application/cbor",
    maxBytes: ENVELOPE_MAX_BYTES,
    description: "a v3 envelope, or the content of one before it is signed, in deterministic CBOR",
  },
  // Nothing is signed, so nobody is named who could pay: the address that asks is charged alone.
  payer: () => null,
  reply: json(feeQuote),
  handle({body}, ports) {
    const {head, params} = ports.node.view();
    const sent = sentIn(body, ports);
    const records = ports.node.addedRecords(sent);
    const gas = sent.gas + recordGasOf(params.limits) * BigInt(records);
    return {height: head.height, gas, records, baseFeeDust: baseFeeOf(gas, params.fees)};
  },
});
