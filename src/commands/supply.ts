import type {Command} from "commander";
import type {Supply, SupplyAnswer} from "../codecs/api/ledger.js";
import {RuleError} from "../errors.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
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

export const supplyCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("supply", {
      summary: "show where every dust is",
      description:
        "Prints the books of the chain at the node's tip, one name and amount in dust for each line: the cap, what genesis " +
        "allocated, what was mined and what was burned, what balances and bonds hold, and what is still to come. It adds them " +
        "up again: genesis and mined less burned is in balances and bonds, and with what is to come it is the cap.",
      examples: [
        {does: "how much was burned", run: "qsdm supply | grep burned | cut -f 2"},
        {does: "all of it", run: "qsdm supply --json | jq .data.supply"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "The books do not add up."},
      seeAlso: ["account", "status"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const answer = await client.supply();
      checkSupply(answer.supply);
      io.result(documentOf(answer), linesOf(answer));
    });
  });
