import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {hexOf} from "../../codecs/bytes.js";
import {validatorNonce} from "../../codecs/chain/validator-attestation.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {termsOf} from "../transaction.js";

export const attestValidatorNonceCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("attest validator-nonce", {
      summary: "print the nonce to ask a validator's GPU with",
      description:
        "Asks the node for its tip and prints, apart by a tab, 32 bytes as hex and the height that they stand for. A " +
        "report that the GPU signs over them is what qsdm attest validator takes, within a minute of blocks.",
      examples: [{does: "what to ask the GPU", run: "qsdm attest validator-nonce --account ADDRESS | cut -f 1"}],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["attest validator", "attest nonce"],
    }),
  )
    .requiredOption("--account <address>", "the validator's account")
    .action(async ({account, ...flags}: ClientFlags & {account: string}) => {
      checkAddress(account);
      await withClient(io, flags, async (client) => {
        const {height, blockId, chainId} = termsOf(await client.status());
        const nonce = hexOf(validatorNonce(blockId, account));
        io.result({nonce, anchor_height: height, anchor_id: blockId, chain_id: chainId}, [[nonce, height]]);
      });
    });
