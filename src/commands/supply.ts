import type {Command} from "commander";
import {DUST_PER_CELL} from "../codecs/amount.js";
import type {Supply, SupplyAnswer, SupplyHistoryAnswer} from "../codecs/api/ledger.js";
import {RuleError} from "../errors.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addPlotFlags, checkPlot, drawPanels, type PlotFlags} from "./plot/flag.js";
import type {Panel} from "./plot/panel.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/**
 * Adds a node's books up again, so that nobody has to believe that it did.
 * @throws RuleError SUPPLY_UNBALANCED
 */
export function checkSupply({capDust, genesisDust, minedDust, burnedDust, ...held}: Supply): void {
  const issuedDust = genesisDust + minedDust;
  const heldDust = held.balancesDust + held.bondsDust;
  if (issuedDust - burnedDust !== heldDust || issuedDust + held.unissuedDust !== capDust)
    throw new RuleError(
      "SUPPLY_UNBALANCED",
      `the node's books do not add up: ${issuedDust} issued, ${burnedDust} burned, ${heldDust} held, ` +
        `${held.unissuedDust} to come, cap ${capDust}`,
      {hint: "do not rely on this node; compare with another one"},
    );
}

const linesOf = ({height, supply}: SupplyAnswer): TextField[][] => [
  ["height", height],
  ...Object.entries(documentOf(supply) as Readonly<Record<string, bigint>>),
];

interface Flags extends ClientFlags, PlotFlags {}

const cellOf = (dust: bigint): number => Number(dust) / Number(DUST_PER_CELL);

const panelsOf = ({points}: SupplyHistoryAnswer): readonly Panel[] =>
  (["mined", "burned", "balances", "bonds"] as const).map((name) => ({
    title: `${name}, CELL`,
    points: points.map((point) => ({height: Number(point.height), value: cellOf(point[`${name}Dust`])})),
  }));

export const supplyCommand = (io: Io): Command =>
  addPlotFlags(
    addClientFlags(
      defineCommand("supply", {
        summary: "show where every dust is",
        description:
          "Prints the books of the chain at the node's tip, one name and amount in dust for each line: the cap, what genesis " +
          "allocated, what was mined and what was burned, what balances and bonds hold, and what is still to come. It adds them " +
          "up again: genesis and mined less burned is in balances and bonds, and with what is to come it is the cap.\n\n" +
          "--plot draws what became of it since the node started, by height: what was mined and burned, and what balances and " +
          "bonds hold, in CELL. With a name that ends in .svg the picture is written there.",
        examples: [
          {does: "how much was burned", run: "qsdm supply | grep burned | cut -f 2"},
          {does: "draw it", run: "qsdm supply --plot"},
          {does: "all of it", run: "qsdm supply --json | jq .data.supply"},
        ],
        environment: settingsEnvironment("api_url", "timeout"),
        exit: {3: "The books do not add up."},
        seeAlso: ["account", "status"],
      }),
    ),
    "the history of the supply",
  ).action(async ({plot, force, ...flags}: Flags) => {
    checkPlot({plot});
    await withClient(io, flags, async (client) => {
      if (plot !== undefined) {
        const history = await client.supplyHistory();
        const data = documentOf(history) as Readonly<Record<string, unknown>>;
        return drawPanels(io, panelsOf(history), {flags: {plot, force}, data});
      }
      const answer = await client.supply();
      checkSupply(answer.supply);
      io.result(documentOf(answer), linesOf(answer));
    });
  });
