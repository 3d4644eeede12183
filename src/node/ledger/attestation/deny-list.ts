/** GPUs that are not taken, by parts of their names without regard to case. QSDM mining protocol, section 13.5. */
import {quoteText} from "../../../codecs/go/quote.js";
import {lowerSimple} from "./architecture.js";
import {failureIn, type Scope} from "./quoted.js";

/** @throws AttestationError when `name` contains one of `denied`; an empty one denies nothing */
export function checkNotDenied(scope: Scope, name: string, denied: readonly string[]): void {
  const folded = lowerSimple(name);
  if (denied.some((part) => part !== "" && folded.includes(lowerSimple(part))))
    failureIn(scope)("signature_invalid", `gpu_name ${quoteText(name)} on deny-list`);
}
