/** Programs of sums and products alone: what the compat profile evaluates. */
import {type Ir, isBitOperation} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";

/** Refuses the operations that the reference does not have. @throws RuleError OPERATION_UNSUPPORTED */
export function checkArithmetic({nodes}: Ir): void {
  const first = nodes.find(isBitOperation);
  if (first)
    throw new RuleError(
      "OPERATION_UNSUPPORTED",
      `node '${first.id}' is ${first.type}: the compat profile has sums and products alone`,
      {
        details: {node: first.id, type: first.type},
        hint: "custodians of the strict profile evaluate it: --roster and --key, or qsdm quorum run with --verified",
      },
    );
}
