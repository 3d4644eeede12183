/** Programs of sums and products alone: what those evaluate who know no more of shares than to multiply them. */
import {type Ir, isBitOperation} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";

/** Refuses the operations that the reference does not have. @throws RuleError OPERATION_UNSUPPORTED */
export function checkArithmetic({nodes}: Ir): void {
  const first = nodes.find(isBitOperation);
  if (first)
    throw new RuleError(
      "OPERATION_UNSUPPORTED",
      `node '${first.id}' is ${first.type}: only sums and products are evaluated`,
      {
        details: {node: first.id, type: first.type},
        hint: "qsdm quorum run without --custodians evaluates it in the clear",
      },
    );
}
