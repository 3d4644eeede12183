import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {formatCell} from "../../codecs/amount.js";
import {VESTING_CLAIM_CONTRACT, vestingClaim} from "../../codecs/chain/vesting.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";

/**
 * The order that pays out what has vested for the sender.
 * @throws RuleError VESTING_UNKNOWN, VESTING_NOTHING_DUE; DecodeError ADDRESS_INVALID
 */
export async function orderClaim(
  named: string | undefined,
  {client, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "vestings">},
): Promise<Order> {
  const to = named === undefined ? sender : checkAddress(named);
  const {vestings, height} = await client.vestings();
  const mine = vestings.find(({beneficiary}) => beneficiary === sender);
  if (!mine)
    throw new RuleError("VESTING_UNKNOWN", `nothing vests for ${sender}`, {
      hint: "qsdm vesting show lists who has what",
    });
  if (mine.claimableDust === 0n)
    throw new RuleError("VESTING_NOTHING_DUE", `nothing more has vested at height ${height}`, {
      hint:
        height < mine.cliffHeight
          ? `there is nothing to claim before height ${mine.cliffHeight}`
          : "it grows by the block: try again later",
    });
  return {
    contract: VESTING_CLAIM_CONTRACT,
    payload: vestingClaim.encode({to}),
    summary: {beneficiary: sender, to, claimable_dust: mine.claimableDust},
    announcement: [`claim at least ${formatCell(mine.claimableDust)} CELL of what vests for ${sender}, to ${to}`],
    question: null,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm vesting show",
  };
}

export const vestingClaimCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("vesting claim", {
      summary: "take out what has vested",
      description:
        "Pays out all that has vested for the account at the block that includes the claim, to the account itself or to --to. " +
        "Prints the transaction id.",
      examples: [{does: "what is there, to the account itself", run: "qsdm vesting claim --wait"}],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      exit: {3: "Nothing vests for the account, or nothing has by now.", 5: "--wait ended before a block decided."},
      seeAlso: ["vesting show", "account"],
    }).option("--to <address>", "account to pay (default: the one that claims)"),
  ).action(async ({to, ...flags}: WriteFlags & {to?: string}) => {
    await submitOrder(io, flags, {build: (context) => orderClaim(to, context)});
  });
