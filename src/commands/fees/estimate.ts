import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {FeeEstimates} from "../../codecs/api/fees.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

interface Flags extends ClientFlags {
  readonly gas?: bigint;
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
        "The estimate is for an ordinary transaction; --gas says what a larger one needs, as tx decode shows it.",
      examples: [
        {does: "the fee for the next block", run: "qsdm fees estimate | head -1 | cut -f 2"},
        {
          does: "for a large transaction",
          run: 'qsdm fees estimate --gas "$(qsdm tx decode big.tx --json | jq -r .data.gas)"',
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["tx build", "tx decode"],
    }),
  )
    .option("--gas <number>", "gas of the transaction (default: what the base fee buys)", u64Flag)
    .action(async ({gas, ...flags}: Flags) => {
      await withClient(io, flags, async (client) => {
        const answer = await client.fees();
        const estimates = estimatesFor(answer, gas ?? answer.gasPerBaseFee);
        io.result(
          documentOf({...answer, estimates}),
          estimates.map(({blocks, feeCell}) => [blocks, feeCell]),
        );
      });
    });
