import type {Command} from "commander";
import {checkAddress} from "../codecs/address.js";
import {formatCell} from "../codecs/amount.js";
import type {Client} from "../node/api/client.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import type {Io} from "./io.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** What the chain and the pool know of `address`. @throws UnavailableError, RuleError of the node */
export async function readAccount(address: string, client: Pick<Client, "account" | "nonce">) {
  const {balance, present} = await client.account({address});
  const {nonce, nextFree, keyKnown} = await client.nonce({sender: address});
  const next = nextFree ?? nonce;
  return {
    address,
    present,
    balance_dust: balance,
    balance_cell: formatCell(balance),
    nonce,
    next_free_nonce: next,
    key_known: keyKnown,
  };
}

export const accountCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("account", {
      summary: "show an account",
      description:
        "Prints one line: balance in CELL, the nonce that the chain expects, the next one that is free counting what waits at " +
        "the node, and whether the chain knows the account's key. --json adds the balance in dust and whether the account " +
        "was ever used.",
      examples: [
        {does: "how many transactions were included", run: 'qsdm account "$ADDRESS" | cut -f 2'},
        {does: "the balance in dust", run: 'qsdm account "$ADDRESS" --json | jq -r .data.balance_dust'},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["wallet balance", "tx terms", "supply"],
    }),
  )
    .argument("<address>", "64 hex digits")
    .action(async (address: string, flags: ClientFlags) => {
      checkAddress(address);
      await withClient(io, flags, async (client) => {
        const found = await readAccount(address, client);
        io.result(found, [[found.balance_cell, found.nonce, found.next_free_nonce, found.key_known]]);
      });
    });
