import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {utf8} from "../../codecs/bytes.js";
import type {Client} from "../../node/api/client.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {termsOf} from "../transaction.js";
import {termsText} from "./terms-file.js";

interface Flags extends ClientFlags {
  readonly out: string;
  readonly force: boolean;
}

/** What a transaction of `sender` is built on now. @throws RuleError FORMS_UNSUPPORTED; UnavailableError */
export async function fetchTerms(sender: string, client: Pick<Client, "status" | "nonce">) {
  const {chainId, height, baseFeeDust, recordGas} = termsOf(await client.status());
  const {nonce, nextFree, keyKnown} = await client.nonce({sender});
  return {
    chain_id: chainId,
    sender,
    nonce: nextFree ?? nonce,
    key_known: keyKnown,
    height,
    base_fee_dust: baseFeeDust,
    record_gas: recordGas,
  };
}

export const txTermsCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("tx terms", {
      summary: "fetch what a transaction is built on",
      description:
        "Asks a node for what qsdm tx build needs of the chain: its id, the height, the base fee, the gas of a new record, and the sender's next " +
        "free nonce. Prints it as one JSON document, or writes it to --out, to be carried to the machine that has the key. It " +
        "holds no secret and authorizes nothing.",
      examples: [
        {does: "terms for a machine without network", run: 'qsdm tx terms "$ADDRESS" --out terms.json'},
        {does: "only the nonce", run: 'qsdm tx terms "$ADDRESS" | jq -r .nonce'},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["tx build", "account"],
    }),
  )
    .argument("<sender>", "address of 64 hex digits that will sign")
    .option("--out <path>", "file for the terms; - is standard output", "-")
    .option("--force", "replace an existing file", false)
    .action(async (sender: string, {out, force, ...flags}: Flags) => {
      checkAddress(sender);
      await withClient(io, flags, async (client) => {
        const terms = await fetchTerms(sender, client);
        const text = termsText(terms);
        if (out === "-") return io.result(terms, text);
        await io.writeFile(out, utf8(`${text}\n`), {force});
        io.result({...terms, path: out}, out);
      });
    });
