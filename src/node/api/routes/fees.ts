/** What a place in the next blocks costs. */
import {feeEstimates} from "../../../codecs/api/fees.js";
import {targetGasOf} from "../../ledger/monetary/base-fee.js";
import {GAS_PER_BASE_FEE} from "../../ledger/monetary/fees.js";
import {feeFor} from "../../mempool/pool/estimate.js";
import {json, route} from "../route.js";

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
      waiting: waiting.length,
      waitingGas: waiting.reduce((sum, {gas}) => sum + gas, 0n),
      estimates: TARGETS.map((blocks) => ({blocks, feeDust: feeFor(blocks, waiting, params)})),
    };
  },
});
