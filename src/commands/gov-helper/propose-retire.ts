import type {Command} from "commander";
import {SUBMESH_RETIRE, submeshRetire} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPayloadFlags, type PayloadFlags, writePayload} from "./write.js";

export const govHelperProposeRetireCommand = (io: Io): Command =>
  addPayloadFlags(
    defineCommand("gov-helper propose-retire", {
      summary: "build the payload of a vote for a submesh to go, offline",
      description:
        "Writes the canonical payload that retires a submesh, for signing on a machine without network. The kind is ours: " +
        "QSDM's chains do not know it. Every account with weight can sign it, and a later one with the same name and height " +
        "is a vote for the same proposal.",
      examples: [
        {
          does: "a payload on standard output",
          run: "qsdm gov-helper propose-retire eu-fast --effective-height 120000",
        },
      ],
      files: {"--out": "The payload, mode 0600."},
      exit: {3: "The name has a space, a slash or a control character, or is too long."},
      seeAlso: ["gov propose-retire", "gov-helper inspect", "tx build"],
    }).argument("<submesh>", "its name, as profiles and cells have it"),
  ).action(async (submesh: string, flags: PayloadFlags) => {
    const {effectiveHeight, memo} = flags;
    const payload = submeshRetire.encode({kind: SUBMESH_RETIRE, submesh, effectiveHeight, memo});
    await writePayload(io, payload, {
      flags,
      voters: "an account with weight",
      summary: {kind: SUBMESH_RETIRE, submesh, effective_height: effectiveHeight},
    });
  });
