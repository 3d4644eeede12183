import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {formatCell} from "../../codecs/amount.js";
import {checkAge} from "../../node/consensus/light/light.js";
import {accounts} from "../../node/ledger/state/stores.js";
import {readState} from "../../node/light/read.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addLightFlags, type LightFlags, lightDocs, openLightFile, withSources} from "./light-file.js";

export const lightBalanceCommand = (io: Io): Command =>
  addLightFlags(
    defineCommand("light balance", {
      summary: "print how much an address owns, proven",
      description:
        "Asks the sources in turn for the account with its path in the tree of the state and the finality proof of the " +
        "block that the state is after, and prints the balance in CELL of the first whose proof holds and is not older " +
        "than what was verified before. A node whose answer does not hold is named and left.",
      examples: [
        {
          does: "an account, from whichever node proves it first",
          run: 'qsdm light balance "$ADDRESS" --source http://a:8080',
        },
        {does: "the balance in dust, and the block it is of", run: 'qsdm light balance "$ADDRESS" --json | jq .data'},
      ],
      ...lightDocs,
      exit: {3: "The checkpoint is too old, or a source lied and none proved anything.", 4: "No source answers."},
      seeAlso: ["light sync", "wallet balance"],
    }),
  )
    .argument("<address>", "64 hex digits")
    .action(async (address: string, flags: LightFlags) => {
      checkAddress(address);
      const file = await openLightFile(io, flags);
      if (!flags.acceptOld) checkAge(file.chain, BigInt(io.host.now()));
      const at = {store: accounts.name, key: address};
      const {chain, checkpoint, value, sources} = await withSources(io, flags, file, (ports) =>
        readState(file.chain, at, ports),
      );
      await file.save(chain);
      const {balanceDust, nonce} = value ? accounts.codec.decode(value) : {balanceDust: 0n, nonce: 0n};
      const {height, blockId, timeMs} = checkpoint;
      const cell = formatCell(balanceDust);
      const found = {address, balanceDust, balanceCell: cell, nonce, present: value !== null, height, blockId};
      io.result(documentOf({...found, time: new Date(Number(timeMs)).toISOString(), sources}), cell);
    });
