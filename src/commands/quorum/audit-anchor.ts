import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {anchorKey, QUORUM_ANCHOR_CONTRACT, quorumAnchor} from "../../codecs/chain/quorum-anchor.js";
import {type Countersigned, checkpoint} from "../../codecs/quorum/strict/audit.js";
import {digestOf} from "../../codecs/quorum/strict/statement.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {anchoredAt} from "./strict/anchored.js";
import {addPartyFlags, atCoordinator, type PartyFlags, strictFlags} from "./strict/files.js";

/**
 * The order that puts a checkpoint on the ledger.
 * @throws RuleError QUORUM_ANCHOR_BEHIND
 */
export async function orderAnchor(
  {quorum, log, countersigned}: {readonly quorum: string; readonly log: string; readonly countersigned: Countersigned},
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "stateProof">},
): Promise<Order> {
  const {size, root} = countersigned.checkpoint.content;
  const before = await anchoredAt(client, anchorKey(sender, {quorum, log}));
  if (before && before.size >= size)
    throw new RuleError("QUORUM_ANCHOR_BEHIND", `${before.size} entries are anchored, and these are ${size}`, {
      hint: "nothing has happened since, or the ledger knows a longer log: qsdm quorum audit verify --anchored-by",
    });
  const named = {
    quorum,
    log,
    size,
    root: hexOf(root),
    checkpoint: hexOf(digestOf(checkpoint, countersigned.checkpoint)),
  };
  return {
    contract: QUORUM_ANCHOR_CONTRACT,
    payload: quorumAnchor.encode(named),
    summary: named,
    announcement: [`put ${size} entries of the audit log of quorum ${quorum.slice(0, 16)} on ${terms.chainId}`],
    question: null,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm receipt {tx_id}",
  };
}

export const quorumAuditAnchorCommand = (io: Io): Command =>
  addWriteFlags(
    addPartyFlags(
      defineCommand("quorum audit anchor", {
        summary: "put a checkpoint of the audit log on the ledger",
        description:
          "Takes the newest checkpoint that enough custodians signed, made now where the key is a custodian's or a " +
          "coordinator's, checks the signatures, and submits its size and root as a transaction. An account's anchors of one " +
          "log only grow, so nobody can be shown a shorter or another log from then on: qsdm quorum audit verify " +
          "--anchored-by compares. Prints the transaction id.",
        examples: [
          {
            does: "each hour, from a timer",
            run: "qsdm quorum audit anchor --roster quorum.roster --key custodian-0.key --in auditor.json --yes",
          },
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {
          3: "No checkpoint is signed, or nothing has happened since the last.",
          4: "Coordinator or node cannot be reached.",
          5: "--wait ended before a block decided.",
        },
        seeAlso: ["quorum audit verify", "quorum audit prove", "quorum coordinator"],
      }),
    ),
  ).action(async (flags: WriteFlags & PartyFlags) => {
    // --timeout is the ledger node's.
    const {timeout: _, ...party} = strictFlags(flags);
    const newest = await atCoordinator(io, party, async (client) => {
      const {newestCheckpoint} = await import("../../node/custody/log-proof.js");
      const {countersigned, head} = await newestCheckpoint(client);
      return {quorum: client.quorum, log: head.log, countersigned};
    });
    await submitOrder(io, flags, {build: (context) => orderAnchor(newest, context)});
  });
