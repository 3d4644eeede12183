/** Which kind of chain an operator meant to run, held against the genesis that is there. */
import type {Genesis} from "../codecs/chain/genesis.js";
import {RuleError} from "../errors.js";
import type {NetworkProfile} from "./ledger/params/networks.js";

/**
 * Refuses a genesis that is not what was asked for. Compat rules take unsigned slashes and evidence that anyone can
 * make, so they run only where somebody asked for them by name; `null` asks for nothing.
 * @throws RuleError PROFILE_MISMATCH
 */
export function checkProfile({network, params: {rules}}: Genesis, profile: NetworkProfile | null): void {
  if (rules === "compat" && profile !== "compat")
    throw new RuleError("PROFILE_MISMATCH", "this chain has compat rules, which take what QSDM takes, unsigned too", {
      hint: "run it with --profile compat, if that is what you want",
    });
  if (profile === null || (rules === "compat" && profile === "compat")) return;
  if (profile === "compat")
    throw new RuleError("PROFILE_MISMATCH", "this chain has strict rules, --profile compat asks for compat ones", {
      hint: "leave --profile out, or make a chain with qsdm node init --network compat",
    });
  if (network !== profile)
    throw new RuleError("PROFILE_MISMATCH", `this chain is of network "${network}", --profile asks for "${profile}"`, {
      hint: "leave --profile out, or name the data directory of that network",
    });
}
