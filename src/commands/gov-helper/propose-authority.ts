import type {Command} from "commander";
import {isAddress} from "../../codecs/address.js";
import {AUTHORITY_SET, authoritySet} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addPayloadFlags, type PayloadFlags, writePayload} from "./write.js";

interface Flags extends PayloadFlags {
  readonly op: string;
  readonly address: string;
}

export const govHelperProposeAuthorityCommand = (io: Io): Command =>
  addPayloadFlags(
    defineCommand("gov-helper propose-authority", {
      summary: "build the payload of a vote for an authority, offline",
      description:
        "Writes the canonical payload that lets an authority come or go, for signing on a machine without network. The bytes " +
        "are those of QSDM's tool. QSDM's chains take any name for an authority; ours take addresses, and other names bring " +
        "a warning.",
      examples: [
        {
          does: "a payload on standard output",
          run: 'qsdm gov-helper propose-authority --op add --address "$ADDRESS" --effective-height 120000',
        },
      ],
      files: {"--out": "The payload, mode 0600."},
      exit: {3: "The address has a space or a control character, or is too long."},
      seeAlso: ["gov propose-authority", "gov-helper propose-param", "gov-helper inspect", "tx build"],
    })
      .requiredOption("--op <add|remove>", "whether it comes or goes", choiceFlag(["add", "remove"]))
      .requiredOption("--address <address>", "its account"),
  ).action(async ({op, address, ...flags}: Flags) => {
    const {effectiveHeight, memo} = flags;
    const payload = authoritySet.encode({kind: AUTHORITY_SET, op, address, effectiveHeight, memo});
    if (!isAddress(address)) io.warn(`"${address}" is no address of ours: only a chain of QSDM takes it`);
    await writePayload(io, payload, {
      flags,
      summary: {kind: AUTHORITY_SET, op, address, effective_height: effectiveHeight},
    });
  });
