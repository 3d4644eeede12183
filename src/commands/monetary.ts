import type {Command} from "commander";
import type {MonetaryAnswer} from "../codecs/api/ledger.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** One name and value for each line; what is not there yet is left out. */
function linesOf({last, blockId: _, ...now}: MonetaryAnswer): TextField[][] {
  const named = documentOf({...now, ...last}) as Readonly<Record<string, TextField | null>>;
  return Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

export const monetaryCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("monetary", {
      summary: "show issuance by stake: rate, phase, and the last epoch",
      description:
        "Prints how the chain issues money by stake, one name and value for each line: the mode, the fees of the epoch that " +
        "runs, and what the last epoch came to. Rates and shares are in basis points, amounts in dust. In mode off mining " +
        "alone issues; in shadow the engine reckons and mining issues; in active the engine pays validators, treasury, " +
        "insurance and community, and mining earns nothing.\n\n" +
        "The rate aims at a yearly yield for the staked, less what fees already pay, moves by a bounded step in each epoch, and " +
        "falls as the chain grows up: bootstrap, transition, mature. advice says what a person would do about the phase; nothing " +
        "follows from it.",
      examples: [
        {does: "the yearly rate in basis points", run: "qsdm monetary | grep rate_bps | cut -f 2"},
        {does: "what the last epoch issued", run: "qsdm monetary --json | jq .data.last.issued_dust"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["supply", "node init", "validators"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const answer = await client.monetary();
      io.result(documentOf(answer), linesOf(answer));
    });
  });
