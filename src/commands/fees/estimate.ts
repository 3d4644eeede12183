import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {HeaderList, HeaderView} from "../../codecs/api/chain.js";
import type {FeeEstimates} from "../../codecs/api/fees.js";
import {isUnsigned, unsignedEnvelope} from "../../codecs/chain/envelope.js";
import type {Policy} from "../../codecs/chain/multisig.js";
import {UsageError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addPlotFlags, checkPlot, drawPanels, type PlotFlags} from "../plot/flag.js";
import type {Panel} from "../plot/panel.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {readTx} from "../tx/files.js";
import {policyAt, unsignedBy} from "../tx/members.js";

interface Flags extends ClientFlags, PlotFlags {
  readonly gas?: bigint;
  readonly tx?: string;
  readonly policy?: string;
}

/** The estimates for a transaction of `gas`: the price stays, the fee grows with what exceeds the base fee's gas. */
export function estimatesFor({estimates, gasPerBaseFee}: FeeEstimates, gas: bigint) {
  const charged = gas > gasPerBaseFee ? gas : gasPerBaseFee;
  return estimates.map(({blocks, feeDust}) => {
    const fee = (feeDust * charged + gasPerBaseFee - 1n) / gasPerBaseFee;
    return {blocks, feeDust: fee, feeCell: formatCell(fee)};
  });
}

/** As many headers as a node gives at once. */
const PLOTTED = 200;

const blockOf = ({height, baseFeeDust, gasUsed}: HeaderView) => ({
  height,
  base_fee_dust: baseFeeDust,
  gas_used: gasUsed,
});

const panelsOf = ({headers}: HeaderList): readonly Panel[] =>
  (
    [
      ["base fee, dust", "baseFeeDust"],
      ["gas of the block", "gasUsed"],
    ] as const
  ).map(([title, name]) => ({
    title,
    points: headers.map((header) => ({height: Number(header.height), value: Number(header[name])})),
  }));

/** The transaction as it will weigh. @throws UsageError FLAG_CONFLICT, SENDER_MISMATCH; DecodeError */
function withMembers(tx: Uint8Array, of: Policy | null): Uint8Array {
  if (of === null) return tx;
  if (!isUnsigned(tx))
    throw new UsageError("FLAG_CONFLICT", "--policy is for a transaction that nobody has signed yet");
  return unsignedBy(unsignedEnvelope.decode(tx), of);
}

export const feesEstimateCommand = (io: Io): Command =>
  addPlotFlags(
    addClientFlags(
      defineCommand("fees estimate", {
        summary: "estimate what to bid",
        description:
          "Prints one line for each of some numbers of blocks: the number, and the fee in CELL with which a transaction would be " +
          "among what so many blocks take, by what waits at the node now. Where everything that waits finds room, that is the " +
          "base fee. It is no promise: others may bid later, and more.\n\n" +
          "The estimate is for an ordinary transaction that adds nothing to the state. --tx takes one, signed or not, and asks the " +
          "node for its gas, with the records that it would add now: an account that is paid for the first time, the sender's key, a " +
          "stream. What an account of several keys sends shows its keys with the first signature; before, --policy says them, and " +
          "as many signatures are counted as its threshold. --gas says the gas of one that is not made yet.\n\n" +
          "--plot draws the base fee and the gas of the last 200 blocks instead. With a name that ends in .svg the picture is " +
          "written there.",
        examples: [
          {does: "the fee for the next block", run: "qsdm fees estimate | head -1 | cut -f 2"},
          {does: "draw what the base fee did of late", run: "qsdm fees estimate --plot fees.svg"},
          {does: "for a transaction before it is signed", run: "qsdm fees estimate --tx pay.tx"},
          {does: "for one that several keys will sign", run: "qsdm fees estimate --tx pay.tx --policy treasury.policy"},
        ],
        environment: settingsEnvironment("api_url", "timeout"),
        seeAlso: ["tx build", "tx decode"],
      }),
    ),
    "the base fee and the gas of the last blocks",
  )
    .option("--gas <number>", "gas of the transaction (default: what the base fee buys)", u64Flag)
    .option("--tx <path>", "the transaction itself, raw or as hex; - reads standard input")
    .option("--policy <path>", "with an unsigned --tx, the policy of its sender, as qsdm wallet multisig wrote it")
    .action(async ({gas: given, tx, policy, plot, force, ...flags}: Flags) => {
      checkPlot({plot});
      if (given !== undefined && tx !== undefined)
        throw new UsageError("FLAG_CONFLICT", "--gas and --tx exclude each other");
      if (policy !== undefined && tx === undefined)
        throw new UsageError("FLAG_CONFLICT", "--policy says who will sign --tx");
      if (plot !== undefined) {
        if (given !== undefined || tx !== undefined)
          throw new UsageError("FLAG_CONFLICT", "--plot draws what was, --gas and --tx ask what comes");
        return withClient(io, flags, async (client) => {
          const list = await client.headers({from: null, to: null, limit: PLOTTED});
          const data = {tip: list.tip, blocks: list.headers.map(blockOf)};
          await drawPanels(io, panelsOf(list), {flags: {plot, force}, data});
        });
      }
      const body = tx === undefined ? null : withMembers(await readTx(io, tx), await policyAt(io, policy));
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
