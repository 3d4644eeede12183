import {type Command, Option} from "commander";
import {checkAddress} from "../../../codecs/address.js";
import type {CapsuleState} from "../../../codecs/api/capsules.js";
import {UsageError} from "../../../errors.js";
import {type ClientFlags, withClient} from "../../client.js";
import {defineCommand} from "../../define.js";
import {documentOf} from "../../document.js";
import type {Io} from "../../io.js";
import {addClientFlags, settingsEnvironment} from "../../settings.js";

interface Flags extends ClientFlags {
  readonly owner?: string;
  readonly locator?: string;
}

/** @throws UsageError FLAG_INVALID */
function locatorFlag(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new UsageError("FLAG_INVALID", `"${text}" is not a locator of 64 lowercase hex digits`);
}

const fieldsOf = ({owner, locator, registeredAt, actionId}: CapsuleState): readonly string[] => [
  owner,
  locator,
  registeredAt,
  actionId,
];

export const walletRecoveryShowCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("wallet recovery show", {
      summary: "show the encrypted backup that the chain keeps of an account's key",
      description:
        "Prints one line: owner, locator, when the capsule was registered and by which action. The capsule itself, which " +
        "only the account's recovery words open, is in --json. An account has one capsule at most.",
      examples: [
        {does: "whether an account has a backup on the chain", run: "qsdm wallet recovery show --owner ADDRESS"},
        {
          does: "keep a copy of it",
          run: "qsdm wallet recovery show --owner ADDRESS --json | jq .data.recovery.capsule > capsule.json",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "There is no such capsule."},
      seeAlso: ["wallet recovery open", "wallet recovery create"],
    }),
  )
    .addOption(new Option("--owner <address>", "the account").argParser(checkAddress).conflicts("locator"))
    .addOption(new Option("--locator <hex>", "the locator that the recovery words give").argParser(locatorFlag))
    .action(async ({owner, locator, ...flags}: Flags) => {
      if (owner === undefined && locator === undefined)
        throw new UsageError("FLAG_MISSING", "whose capsule is not said", {hint: "pass --owner or --locator"});
      await withClient(io, flags, async (client) => {
        const answer = await client.capsules({owner: owner ?? null, locator: locator ?? null});
        io.result(documentOf(answer), [fieldsOf(answer.recovery)]);
      });
    });
