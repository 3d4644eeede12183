import type {Command} from "commander";
import {formatCell} from "../../../codecs/amount.js";
import {QUORUM_STAKE_CONTRACT, quorumKeyClaim, quorumKeyOf, quorumStake} from "../../../codecs/chain/quorum-stake.js";
import {RuleError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";
import {defineCommand} from "../../define.js";
import {cellFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {settingsEnvironment} from "../../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../../submit.js";
import {leftAfter} from "../../transaction.js";
import type {StateReader} from "../state-value.js";
import {behindKey, type ClientKey, checkOwner, clientKeyIn} from "./behind.js";

/**
 * The order that locks money behind a client's key.
 * @throws RuleError QUORUM_STAKE_ZERO, QUORUM_STAKE_NOT_OWNER, INSUFFICIENT_BALANCE
 */
export async function orderStake(
  {publicKey, sign}: ClientKey,
  amountDust: bigint,
  {
    client,
    terms,
    sender,
  }: Omit<OrderContext, "client"> & {
    readonly client: StateReader & Pick<Client, "balance" | "feeQuote">;
  },
): Promise<Order> {
  if (amountDust === 0n) throw new RuleError("QUORUM_STAKE_ZERO", "0 CELL move nothing", {hint: "raise --amount"});
  const key = quorumKeyOf(publicKey);
  const {record} = await behindKey(client, key);
  checkOwner(record, key, sender);
  const stakeDust = (record?.stakeDust ?? 0n) + amountDust;
  const possession = sign(quorumKeyClaim(terms.chainId, sender, publicKey));
  const payload = quorumStake.encode({publicKey, amountDust, possession});
  await leftAfter({sender, contract: QUORUM_STAKE_CONTRACT, payload}, amountDust, {client, terms});
  return {
    contract: QUORUM_STAKE_CONTRACT,
    payload,
    summary: {key, added_dust: amountDust, stake_dust: stakeDust},
    announcement: [
      `lock ${formatCell(amountDust)} CELL behind the client's key ${key}, which then has ${formatCell(stakeDust)} CELL`,
      `back ${terms.unbondBlocks} blocks after its release`,
    ],
    question: `Lock ${formatCell(amountDust)} CELL?`,
    submit: (node, body) => node.submit({body}),
    checkWith: `qsdm quorum stake show ${key}`,
  };
}

interface Flags extends WriteFlags {
  readonly key: string;
  readonly amount: bigint;
}

export const quorumStakeAddCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("quorum stake add", {
      summary: "lock money for a client of a quorum, or more of it",
      description:
        "Locks CELL of the keystore's account behind the key of a client, which signs that it agrees. Custodians let a client " +
        "evaluate a program whose policy has min_stake only where so much is locked for it, and have a proof of that. Run " +
        "again, it adds to the stake. Nobody can take the stake; it is what a client with many names cannot have for each of " +
        "them. The account owns it, whoever has the client's key. Prints the transaction id.",
      examples: [
        {does: "lock 100 CELL", run: "qsdm quorum stake add --key alice.key --amount 100 --wait"},
        {
          does: "for another client, from another account",
          run: "qsdm quorum stake add --key bob.key --amount 5 --in treasury.json",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"--key": "The client's key, as qsdm quorum identity create wrote it."},
      exit: {
        3: "Another account staked on the key, or the account has too little.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["quorum stake show", "quorum stake release", "quorum compile", "quorum identity create"],
    })
      .requiredOption("--key <path>", "the client's key file")
      .requiredOption("--amount <cell>", "what to lock, in CELL", cellFlag),
  ).action(async ({key, amount, ...flags}: Flags) => {
    const signs = await clientKeyIn(io, key);
    await submitOrder(io, flags, {build: (context) => orderStake(signs, amount, context)});
  });
