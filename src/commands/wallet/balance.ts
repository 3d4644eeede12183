import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {formatCell} from "../../codecs/amount.js";
import {KEYSTORE_MAX_BYTES} from "../../codecs/keystore.js";
import {UsageError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, type Settings, settingsEnvironment} from "../settings.js";
import {describeKeystore} from "./show.js";

interface Flags extends ClientFlags {
  readonly in?: string;
}

/** Amounts of one account. */
export interface BalanceSource {
  /** `balance` is in dust as well: the codec of the compatible answer turns its decimal CELL into it. */
  balance(input: {readonly address: string}): Promise<{readonly balance: bigint}>;
}

/** What `address` owns. @throws UnavailableError, RuleError of the node */
export async function readBalance(address: string, source: BalanceSource) {
  const {balance: balanceDust} = await source.balance({address});
  return {address, balance_dust: balanceDust, balance_cell: formatCell(balanceDust)};
}

export const walletBalanceCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("wallet balance", {
      summary: "print how much an address owns",
      description:
        "Asks the node for the balance of an address, or of the wallet's own when none is given, and prints it in CELL. " +
        "--json adds it in dust, of which 100,000,000 are one CELL. Bonds and waiting transactions are not part of it.",
      examples: [
        {does: "your own balance", run: "qsdm wallet balance"},
        {
          does: "somebody's balance in dust",
          run: 'qsdm wallet balance "$ADDRESS" --json | jq -r .data.balance_dust',
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore"),
      files: {"~/.qsdm/wallet.json": "The keystore that names the address, unless --in names another."},
      seeAlso: ["wallet show", "wallet create"],
    }),
  )
    .argument("[address]", "64 hex digits")
    .option("--in <path>", "the keystore whose address is meant (default: ~/.qsdm/wallet.json)")
    .action(async (argument: string | undefined, flags: Flags) => {
      if (argument !== undefined && flags.in !== undefined)
        throw new UsageError("FLAG_CONFLICT", "an address and --in exclude each other");
      if (argument !== undefined) checkAddress(argument);
      await withClient(io, flags, async (client, settings) => {
        const found = await readBalance(argument ?? (await ownAddress(io, flags, settings)), client);
        io.result(found, found.balance_cell);
      });
    });

async function ownAddress(io: Io, flags: Flags, settings: Settings): Promise<string> {
  const path = flags.in ?? settings.keystore.value!;
  return describeKeystore(await io.readFile(path, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES})).address;
}
