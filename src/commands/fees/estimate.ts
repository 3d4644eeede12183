import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {FeeEstimates} from "../../codecs/api/fees.js";
import {UsageError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {readTx} from "../tx/files.js";

interface Flags extends ClientFlags {
  readonly gas?: bigint;
  readonly tx?: string;
}

/** The estimates for a transaction of `gas`: the price stays, the fee grows with what exceeds the base fee's gas. */
export function estimatesFor({estimates, gasPerBaseFee}: FeeEstimates, gas: bigint) {
  const charged = gas > gasPerBaseFee ? gas : gasPerBaseFee;
  return estimates.map(({blocks, feeDust}) => {
    const fee = (feeDust * charged + gasPerBaseFee - 1n) / gasPerBaseFee;
    return {blocks, feeDust: fee, feeCell: formatCell(fee)};
  });
}

export const feesEstimateCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("fees estimate", {
      summary: "estimate what to bid",
      description:
        "Prints one line for each of some numbers of blocks: the number, and the fee in CELL with which a transaction would be " +
        "among what so many blocks take, by what waits at the node now. Where everything that waits finds room, that is the " +
        "base fee. It is no promise: others may bid later, and more.\n\n" +
        "The estimate is for an ordinary transaction that adds nothing to the state. --tx takes one, signed or not, and asks the " +
        "node for its gas, with the records that it would add now: an account that is paid for the first time, the sender's key, a " +
        "stream. --gas says the gas of one that is not made yet.",
      examples: [
        {does: "the fee for the next block", run: "qsdm fees estimate | head -1 | cut -f 2"},
        {does: "for a transaction before it is signed", run: "qsdm fees estimate --tx pay.tx"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["tx build", "tx decode"],
    }),
  )
    .option("--gas <number>", "gas of the transaction (default: what the base fee buys)", u64Flag)
    .option("--tx <path>", "the transaction itself, raw or as hex; - reads standard input")
    .action(async ({gas: given, tx, ...flags}: Flags) => {
      if (given !== undefined && tx !== undefined)
        throw new UsageError("FLAG_CONFLICT", "--gas and --tx exclude each other");
      const body = tx === undefined ? null : await readTx(io, tx);
      await withClient(io, flags, async (client) => {
        const answer = await client.fees();
        const gas = body ? (await client.feeQuote({body})).gas : (given ?? answer.gasPerBaseFee);
        const estimates = estimatesFor(answer, gas);
        io.result(
          documentOf({...answer, gas, estimates}),
          estimates.map(({blocks, feeCell}) => [blocks, feeCell]),
        );
      });
    });
