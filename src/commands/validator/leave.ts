import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {LEAVE_CONTRACT, validatorLeave} from "../../codecs/chain/validator-payloads.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {checkElected, stakeOf} from "./stakes.js";

/**
 * The order that takes a validator out.
 * @throws RuleError VALIDATORS_FIXED, VALIDATOR_UNKNOWN, VALIDATOR_NOT_OWNER, VALIDATOR_LEAVING; UsageError
 * VALIDATOR_AMBIGUOUS
 */
export async function orderLeave(
  named: string | undefined,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "stakes">},
): Promise<Order> {
  const list = await client.stakes();
  const electedAt = checkElected(list.nextElectionHeight);
  const {validator, phase, stakeDust, returnsAtHeight} = stakeOf(list, named, sender);
  if (phase === "leaving")
    throw new RuleError("VALIDATOR_LEAVING", `${validator} is leaving`, {
      hint: `its stake returns at height ${returnsAtHeight}`,
    });
  const earliest = terms.height + 1n + list.unbondBlocks;
  return {
    contract: LEAVE_CONTRACT,
    payload: validatorLeave.encode({validator}),
    summary: {validator, stake_dust: stakeDust, earliest_return_height: earliest},
    announcement: [
      `take validator ${validator} out on ${terms.chainId}: it votes no more from the election at height ${electedAt} on`,
      `returns ${formatCell(stakeDust)} CELL to ${sender} at height ${earliest} at the earliest; until then evidence can ` +
        "still take part of it",
    ],
    question: `Take ${validator} out? This cannot be taken back before its stake has returned.`,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm validator status",
  };
}

export const validatorLeaveCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("validator leave", {
      summary: "take a validator out and get its stake back",
      description:
        "Takes a validator out of the next election. It goes on voting up to there, and should be left running. Its stake " +
        "stays locked for the chain's unbonding time, in which evidence can still take part of it, and then returns to the " +
        "account that staked. The last one who could be elected cannot leave. Prints the transaction id.",
      examples: [
        {does: "stop voting", run: "qsdm validator leave --wait"},
        {does: "see what would change", run: "qsdm validator leave --dry-run --json"},
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      exit: {3: "No such validator, not yours, or leaving already.", 5: "--wait ended before a block decided."},
      seeAlso: ["validator join", "validator status"],
    }).option("--validator <id>", "the validator, where the account has stake on several"),
  ).action(async ({validator, ...flags}: WriteFlags & {validator?: string}) => {
    await submitOrder(io, flags, {build: (context) => orderLeave(validator, context)});
  });
