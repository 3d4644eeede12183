import type {Command} from "commander";
import {CHAIN_PARAMETERS} from "../../codecs/governance/parameters.js";
import {chainParamSet, PARAM_SET} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import {choiceFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addPayloadFlags, type PayloadFlags, writePayload} from "./write.js";

const NAMES = CHAIN_PARAMETERS.map(({name}) => name);

interface Flags extends PayloadFlags {
  readonly param: string;
  readonly value: bigint;
}

export const govHelperProposeParamCommand = (io: Io): Command =>
  addPayloadFlags(
    defineCommand("gov-helper propose-param", {
      summary: "build the payload of a vote for a parameter, offline",
      description:
        "Writes the canonical payload that sets one parameter, checked against its bounds. An authority signs it on a machine " +
        "without network with qsdm tx build --contract qsdm/gov/v1 and qsdm tx sign; the bytes are those of QSDM's tool. " +
        "Two authorities that write the same parameter, value and height vote for one proposal.",
      examples: [
        {
          does: "a payload, and the transaction around it",
          run: "qsdm gov-helper propose-param --param reward_bps --value 500 --effective-height 120000 --out vote.json\nqsdm tx build --terms terms.json --contract qsdm/gov/v1 --payload-file vote.json --out vote.tx",
        },
      ],
      files: {"--out": "The payload, mode 0600."},
      exit: {3: "The value is outside of the bounds, or the memo is too long."},
      seeAlso: ["gov propose-param", "gov-helper propose-authority", "gov-helper inspect", "tx build"],
    })
      .requiredOption("--param <name>", `which: ${NAMES.join(", ")}`, choiceFlag(NAMES))
      .requiredOption("--value <number>", "its new value, in its own unit", u64Flag),
  ).action(async ({param, value, ...flags}: Flags) => {
    const {effectiveHeight, memo} = flags;
    const payload = chainParamSet.encode({kind: PARAM_SET, param, value, effectiveHeight, memo});
    const summary = {kind: PARAM_SET, param, value, effective_height: effectiveHeight};
    await writePayload(io, payload, {flags, summary});
  });
