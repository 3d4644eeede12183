import type {Command} from "commander";
import {SUBMESH_RETIRE} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, submitOrder, type WriteFlags} from "../submit.js";
import {orderRetire} from "./retire-order.js";
import {addWhenFlags, checkWhen, heightOf, type WhenFlags} from "./when.js";

interface Flags extends WriteFlags, WhenFlags {
  readonly memo: string;
}

export const govProposeRetireCommand = (io: Io): Command =>
  addWriteFlags(
    addWhenFlags(
      defineCommand("gov propose-retire", {
        summary: "propose that a submesh is retired, and vote for it",
        description:
          "Signs and sends a vote for a submesh to go, for good. Authorities have no say in it: a vote weighs what its account " +
          "has done for the chain of late, by proofs that blocks took and by blocks that it proposed. What was earned halves " +
          "in a week, and a proven offence costs all of it. The votes of more than half of all weight carry it, before its " +
          "height comes; the others vote with qsdm gov vote. Proposing takes a thousandth of all weight, and two proposals of an " +
          "account wait at once. Prints the transaction id.",
        examples: [
          {
            does: "retire a submesh in a day of ten-second blocks",
            run: "qsdm gov propose-retire eu-fast --in-blocks 8640",
          },
          {
            does: "see what a vote would weigh",
            run: "qsdm gov propose-retire eu-fast --in-blocks 8640 --dry-run --json | jq -r .data.weight",
          },
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {
          3: "The name or the height is refused, or the account has no weight.",
          5: "--wait ended too early.",
        },
        seeAlso: ["gov vote", "gov status", "gov-helper propose-retire"],
      })
        .argument("<submesh>", "its name, as profiles and cells have it")
        .option("--memo <text>", "note kept with the proposal, at most 256 bytes", ""),
    ),
  ).action(async (submesh: string, {memo, ...flags}: Flags) => {
    checkWhen(flags);
    const build = (context: Parameters<typeof orderRetire>[2]) => {
      const effectiveHeight = heightOf(flags, context.terms.height);
      return orderRetire({change: {kind: SUBMESH_RETIRE, submesh}, effectiveHeight}, {memo}, context);
    };
    await submitOrder(io, flags, {build});
  });
