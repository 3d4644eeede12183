import type {Command} from "commander";
import {formatCell} from "../../../codecs/amount.js";
import {type ClientFlags, withClient} from "../../client.js";
import {defineCommand} from "../../define.js";
import {documentOf} from "../../document.js";
import type {Io} from "../../io.js";
import {addClientFlags, settingsEnvironment} from "../../settings.js";
import {addNamedKeyFlags, behindKey, type NamedKeyFlags, namedKey} from "./behind.js";

export const quorumStakeShowCommand = (io: Io): Command =>
  addNamedKeyFlags(
    addClientFlags(
      defineCommand("quorum stake show", {
        summary: "show what is locked for a client of a quorum",
        description:
          "Prints one line: the digest of the client's key, what counts for custodians, what is on its way back, the height at " +
          "which the last of that is back (0 where nothing is), and the account that staked. Amounts are in CELL, as they are " +
          "after the node's newest final block. The node is believed; custodians ask for a proof " +
          "(GET /api/v1/chain/state-proof, store quorum-stake).",
        examples: [
          {does: "by the client's card", run: "qsdm quorum stake show --card alice.card"},
          {does: "what counts, in dust", run: "qsdm quorum stake show --key alice.key --json | jq -r .data.stake_dust"},
        ],
        environment: settingsEnvironment("api_url", "timeout"),
        seeAlso: ["quorum stake add", "quorum stake release"],
      }),
    ),
  ).action(async (digest: string | undefined, {key, card, ...flags}: ClientFlags & NamedKeyFlags) => {
    const named = await namedKey(io, digest, {key, card});
    await withClient(io, flags, async (client) => {
      const {record, height} = await behindKey(client, named);
      const {owner, stakeDust, releasingDust, returnedAtHeight} = record ?? {
        ...{owner: null, stakeDust: 0n, releasingDust: 0n, returnedAtHeight: 0n},
      };
      const amounts = {stakeDust, stakeCell: formatCell(stakeDust), releasingDust, returnedAtHeight};
      io.result(documentOf({key: named, owner, ...amounts, height}), [
        [named, formatCell(stakeDust), formatCell(releasingDust), returnedAtHeight, owner ?? "-"],
      ]);
    });
  });
