import type {Command} from "commander";
import {UNJAIL_CONTRACT, validatorUnjail} from "../../codecs/chain/validator-payloads.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {checkElected, stakeOf} from "./stakes.js";

/**
 * The order that puts a validator up for election again.
 * @throws RuleError VALIDATORS_FIXED, VALIDATOR_UNKNOWN, VALIDATOR_NOT_OWNER, VALIDATOR_NOT_JAILED, VALIDATOR_JAILED;
 * UsageError VALIDATOR_AMBIGUOUS
 */
export async function orderUnjail(
  named: string | undefined,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "stakes">},
): Promise<Order> {
  const list = await client.stakes();
  const electedAt = checkElected(list.nextElectionHeight);
  const {validator, phase, jailedUntilHeight} = stakeOf(list, named, sender);
  if (phase !== "jailed" || jailedUntilHeight === null)
    throw new RuleError("VALIDATOR_NOT_JAILED", `${validator} is not in jail`);
  if (terms.height + 1n < jailedUntilHeight)
    throw new RuleError("VALIDATOR_JAILED", `${validator} is in jail up to height ${jailedUntilHeight}`, {
      hint: "ask again from that height on",
    });
  return {
    contract: UNJAIL_CONTRACT,
    payload: validatorUnjail.encode({validator}),
    summary: {validator, next_election_height: electedAt},
    announcement: [`let validator ${validator} be elected again, at height ${electedAt} at the earliest`],
    question: null,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm validator status",
  };
}

export const validatorUnjailCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("validator unjail", {
      summary: "put a validator up for election again after its time in jail",
      description:
        "Ends a validator's time in jail once it is over. It does not end by itself: find out first why the key signed " +
        "twice. Where the offence left too little stake to vote with, add to it with qsdm validator join. Prints the " +
        "transaction id.",
      examples: [{does: "come back", run: "qsdm validator unjail --wait"}],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      exit: {3: "Not yours, not in jail, or too early.", 5: "--wait ended before a block decided."},
      seeAlso: ["validator status", "validator join"],
    }).option("--validator <id>", "the validator, where the account has stake on several"),
  ).action(async ({validator, ...flags}: WriteFlags & {validator?: string}) => {
    await submitOrder(io, flags, {build: (context) => orderUnjail(validator, context)});
  });
