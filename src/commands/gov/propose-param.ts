import type {Command} from "commander";
import {CHAIN_PARAMETERS} from "../../codecs/governance/parameters.js";
import {PARAM_SET} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import {choiceFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, submitOrder, type WriteFlags} from "../submit.js";
import {orderVote} from "./order.js";
import {addWhenFlags, checkWhen, heightOf, type WhenFlags} from "./when.js";

const NAMES = CHAIN_PARAMETERS.map(({name}) => name);

interface Flags extends WriteFlags, WhenFlags {
  readonly param: string;
  readonly value: bigint;
  readonly memo: string;
}

export const govProposeParamCommand = (io: Io): Command =>
  addWriteFlags(
    addWhenFlags(
      defineCommand("gov propose-param", {
        summary: "propose a new value of a governed parameter, and vote for it",
        description:
          "Signs and sends an authority's vote for a change of one parameter. More than half of the authorities have to vote " +
          "for the same value at the same height before that height comes: the others with qsdm gov vote. Then the chain runs " +
          "under it from that height on, on every validator. Prints the transaction id.\n\n" +
          "One change of a parameter is staged at a time: of two, the one that had its votes later. A staged change is taken " +
          "back by voting for the present value.",
        examples: [
          {
            does: "double the base fee in an hour of one-second blocks",
            run: "qsdm gov propose-param --param base_fee_dust --value 2000 --in-blocks 3600",
          },
          {
            does: "see what would be signed",
            run: "qsdm gov propose-param --param reward_bps --value 500 --effective-height 120000 --dry-run --json",
          },
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {
          3: "The value or the height is refused, or the keystore is no authority's.",
          5: "--wait ended too early.",
        },
        seeAlso: ["gov vote", "gov status", "gov params", "gov-helper propose-param"],
      })
        .requiredOption("--param <name>", `which: ${NAMES.join(", ")}`, choiceFlag(NAMES))
        .requiredOption("--value <number>", "its new value, in its own unit", u64Flag)
        .option("--memo <text>", "note kept with the proposal, at most 256 bytes", ""),
    ),
  ).action(async ({param, value, memo, ...flags}: Flags) => {
    checkWhen(flags);
    const build = (context: Parameters<typeof orderVote>[2]) => {
      const effectiveHeight = heightOf(flags, context.terms.height);
      return orderVote({change: {kind: PARAM_SET, param, value}, effectiveHeight}, {memo}, context);
    };
    await submitOrder(io, flags, {build});
  });
