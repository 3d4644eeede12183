import type {Command} from "commander";
import type {ValidatorListView} from "../codecs/api/validators.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

type Validator = ValidatorListView["validators"][number];

/** Fields of a validator as one line of text. */
const validatorFields = ({power, account, peerId, attestation}: Validator, index: number): TextField[] => [
  index,
  power,
  account,
  peerId,
  attestation?.active ? attestation.gpuArch : null,
];

export const validatorsCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("validators", {
      summary: "show who votes on a chain",
      description:
        "Prints one line for each validator of the current epoch, in the order of their index: its index, its voting power, the account that " +
        "receives its fees, its node's id as qsdm peers shows it, and the architecture of the GPU beside it while the " +
        "attestation of that counts. --json has the height that this is true at, and each attestation whole.",
      examples: [
        {
          does: "how much power there is",
          run: "qsdm validators --json | jq '[.data.validators[].power | tonumber] | add'",
        },
        {does: "how many have shown a GPU that counts now", run: "qsdm validators | awk '$5 != \"-\"' | wc -l"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["validator status", "peers", "status", "attest validator", "localnet export"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const {height, validators} = await client.validators();
      const indexed = validators.map((each, index) => ({index, ...each}));
      io.result(documentOf({height, validators: indexed}), validators.map(validatorFields));
    });
  });
