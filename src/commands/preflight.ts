import type {Command} from "commander";
import {RuleError} from "../errors.js";
import {httpGet} from "../node/mining/challenge-source.js";
import {preflight} from "../node/mining/preflight.js";
import {type ClientFlags, settingFlags} from "./client.js";
import {defineCommand} from "./define.js";
import {durationFlag} from "./flags.js";
import type {Io} from "./io.js";
import {addClientFlags, loadSettings, settingsEnvironment} from "./settings.js";

export const preflightCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("preflight", {
      summary: "ask a validator whether mining for it makes sense",
      description:
        "Reads a validator's status and prints proceed-v2, proceed-v1 or refuse-v1, as QSDM's miners decide before they " +
        "start; why goes to standard error. A validator that cannot be asked stops nobody. Without --v1 the miner is " +
        "taken to make version 2 proofs, which qsdm mine does.",
      examples: [
        {does: "mine only where it makes sense", run: "qsdm preflight && qsdm mine --node-id rig-1"},
        {
          does: "whether an old miner still earns",
          run: "qsdm preflight --v1 --api-url http://validator.example/api/v1",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "Version 1 proofs would all be refused."},
      seeAlso: ["mine", "status"],
    }),
  )
    .option("--v1", "the miner makes version 1 proofs", false)
    .option("--allow-v1", "go on although they will be refused", false)
    .action(async ({v1, allowV1, ...flags}: ClientFlags & {v1: boolean; allowV1: boolean}) => {
      const settings = await loadSettings(io.host, settingFlags(flags));
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(durationFlag(settings.timeout.value!))]);
      const options = {claimsV2: !v1, override: allowV1, signal};
      const {decision, text, status, error} = await preflight(httpGet(io.host.fetch), settings.api_url.value!, options);
      io.note(text);
      if (decision === "refuse-v1" && !allowV1)
        throw new RuleError("PREFLIGHT_REFUSED", "this validator refuses every version 1 proof", {
          hint: "mine with qsdm mine and an enrolled GPU, or pass --allow-v1",
          details: {decision},
        });
      const said = status && {chain_tip: status.chainTip, network: status.network, mining: status.mining !== null};
      io.result({decision, reachable: status !== null, probe_error: error, ...said}, decision);
    });
