import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {VestingView} from "../../codecs/api/vesting.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

const fieldsOf = ({
  beneficiary,
  totalDust,
  claimedDust,
  claimableDust,
  cliffHeight,
  endHeight,
}: VestingView): TextField[] => [
  beneficiary,
  formatCell(totalDust),
  formatCell(claimedDust),
  formatCell(claimableDust),
  cliffHeight,
  endHeight,
];

export const vestingShowCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("vesting show", {
      summary: "show what the genesis gives away over time",
      description:
        "Prints one line for each account for which something has yet to be claimed: the account, all that vests for it, what " +
        "it has claimed, what it could claim now, the height before which nothing can be claimed, and the height from which " +
        "all can. Amounts are in CELL; between the heights they grow by the block.",
      examples: [
        {does: "what the treasury could claim now", run: "qsdm vesting show --beneficiary ADDRESS | cut -f 4"},
        {does: "all of it", run: "qsdm vesting show --json | jq .data.vestings"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["vesting claim", "supply", "node init"],
    }),
  )
    .option("--beneficiary <address>", "this account only")
    .action(async ({beneficiary, ...flags}: ClientFlags & {beneficiary?: string}) => {
      await withClient(io, flags, async (client) => {
        const {vestings, ...rest} = await client.vestings();
        const wanted = vestings.filter((each) => beneficiary === undefined || each.beneficiary === beneficiary);
        io.result(documentOf({...rest, vestings: wanted}), wanted.map(fieldsOf));
      });
    });
