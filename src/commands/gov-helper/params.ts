import type {Command} from "commander";
import {list, mapOf, object, text, u64} from "../../codecs/api/shape.js";
import {CHAIN_PARAMETERS} from "../../codecs/governance/parameters.js";
import {QsdmError} from "../../errors.js";
import {governanceRoute} from "../../node/api/routes/governance.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

/** What is asked of a node, of ours or of QSDM's. */
const seen = object({
  active: mapOf(u64),
  pending: list(object({param: text, value: u64, effectiveHeight: u64})),
  authorities: list(text),
});

interface Flags extends ClientFlags {
  readonly remote: boolean;
}

/** @returns null where the node does not say */
async function ask(io: Io, flags: ClientFlags) {
  try {
    return await withClient(io, flags, (client) => client.ask(governanceRoute, seen, {}));
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    io.warn(`the node did not say what holds (${error.message}); this is what the program knows`);
    return null;
  }
}

export const govHelperParamsCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("gov-helper params", {
      summary: "list the parameters that can be voted on, with their bounds",
      description:
        "Prints one line for each: name, usual value, least, greatest, and unit; --json adds what it means. Works offline. " +
        "With --remote it asks the node what holds, which adds the value, the staged value and its height at the end of each " +
        "line; where the node does not answer, a warning says so and the rest is printed all the same.",
      examples: [
        {does: "what can be voted on", run: "qsdm gov-helper params"},
        {does: "the bounds of one", run: "qsdm gov-helper params | grep ^reward_bps"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["gov params", "gov-helper propose-param"],
    }),
  )
    .option("--remote", "ask the node for the values that hold", false)
    .action(async ({remote, ...flags}: Flags) => {
      const now = remote ? await ask(io, flags) : null;
      const rows = CHAIN_PARAMETERS.map(({name, min, max, default: usual, unit, description}) => {
        const pending = now?.pending.find(({param}) => param === name);
        const holds = {
          active: now?.active.get(name) ?? null,
          pending: pending?.value ?? null,
          effective_height: pending?.effectiveHeight ?? null,
        };
        return {name, usual, min, max, unit, description, ...(now && holds)};
      });
      const data = {parameters: rows, ...(now && {authorities: now.authorities})};
      io.result(
        data,
        rows.map(({description: _, ...fields}) => Object.values(fields)),
      );
    });
