import type {Command} from "commander";
import {formatCell} from "../../../codecs/amount.js";
import {QUORUM_RELEASE_CONTRACT, quorumRelease} from "../../../codecs/chain/quorum-stake.js";
import {RuleError} from "../../../errors.js";
import {defineCommand} from "../../define.js";
import {cellFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {settingsEnvironment} from "../../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../../submit.js";
import type {StateReader} from "../state-value.js";
import {addNamedKeyFlags, behindKey, checkOwner, type NamedKeyFlags, namedKey} from "./behind.js";

/**
 * The order that takes money out from behind a client's key.
 * @param amountDust null for all of it
 * @throws RuleError QUORUM_STAKE_UNKNOWN, QUORUM_STAKE_NOT_OWNER, QUORUM_STAKE_EXCEEDED, QUORUM_STAKE_ZERO
 */
export async function orderRelease(
  key: string,
  amountDust: bigint | null,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: StateReader},
): Promise<Order> {
  const {record} = await behindKey(client, key);
  if (!record)
    throw new RuleError("QUORUM_STAKE_UNKNOWN", `nothing is staked on key ${key}`, {
      hint: "a stake is there once its block is final: qsdm quorum stake show",
    });
  checkOwner(record, key, sender);
  const takenDust = amountDust ?? record.stakeDust;
  if (takenDust === 0n)
    throw new RuleError("QUORUM_STAKE_ZERO", "there is nothing to release", {
      hint: `qsdm quorum stake show ${key} says what is on its way back`,
    });
  if (takenDust > record.stakeDust)
    throw new RuleError("QUORUM_STAKE_EXCEEDED", `${formatCell(record.stakeDust)} CELL are staked on ${key}`, {
      hint: "lower --amount, or leave it out to release all",
      details: {stake_dust: record.stakeDust, releasing_dust: record.releasingDust},
    });
  const leftDust = record.stakeDust - takenDust;
  // Included in the next block at the earliest.
  const returnsAtHeight = terms.height + 1n + terms.unbondBlocks;
  return {
    contract: QUORUM_RELEASE_CONTRACT,
    payload: quorumRelease.encode({key, amountDust: takenDust}),
    summary: {key, released_dust: takenDust, stake_dust: leftDust, earliest_return_height: returnsAtHeight},
    announcement: [
      `release ${formatCell(takenDust)} CELL from behind the client's key ${key}; ${formatCell(leftDust)} CELL go on counting`,
      `back at height ${returnsAtHeight} at the earliest`,
    ],
    question: `Release ${formatCell(takenDust)} CELL?`,
    submit: (node, body) => node.submit({body}),
    checkWith: `qsdm quorum stake show ${key}`,
  };
}

interface Flags extends WriteFlags, NamedKeyFlags {
  readonly amount?: bigint;
}

export const quorumStakeReleaseCommand = (io: Io): Command =>
  addWriteFlags(
    addNamedKeyFlags(
      defineCommand("quorum stake release", {
        summary: "take money out from behind a client's key",
        description:
          "Releases what an account locked for a client of a quorum, all of it or a part. It counts for custodians no more " +
          "from the block on, and is back on the account after the chain's unbonding time, the same as for bonds of miners. " +
          "The client's key is not needed. Prints the transaction id.",
        examples: [
          {does: "all of it", run: "qsdm quorum stake release --card alice.card --wait"},
          {does: "a part", run: "qsdm quorum stake release --card alice.card --amount 20"},
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {
          3: "Nothing is staked, less than that, or by another account.",
          5: "--wait ended before a block decided.",
        },
        seeAlso: ["quorum stake add", "quorum stake show"],
      }),
    ).option("--amount <cell>", "what to release, in CELL (default: all of it)", cellFlag),
  ).action(async (digest: string | undefined, {key, card, amount, ...flags}: Flags) => {
    const named = await namedKey(io, digest, {key, card});
    await submitOrder(io, flags, {build: (context) => orderRelease(named, amount ?? null, context)});
  });
