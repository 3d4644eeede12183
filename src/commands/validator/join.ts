import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {JOIN_CONTRACT, validatorIdOf, validatorJoin, votingKeyClaim} from "../../codecs/chain/validator-payloads.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {readDataDir} from "../../node/data-dir.js";
import {defineCommand} from "../define.js";
import {cellFlag} from "../flags.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {checkElected} from "./stakes.js";

/** The key that is to vote. */
export interface VotingKey {
  /** ML-DSA-44. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The order that stakes on a voting key.
 * @param amountDust null for one unit of voting power
 * @throws RuleError VALIDATORS_FIXED, VALIDATOR_NOT_OWNER, VALIDATOR_LEAVING, VALIDATOR_STAKE_TOO_LOW
 */
export async function orderJoin(
  {publicKey, sign}: VotingKey,
  amountDust: bigint | null,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "stakes">},
): Promise<Order> {
  const {stakePerPowerDust, nextElectionHeight, unbondBlocks, stakes} = await client.stakes();
  const electedAt = checkElected(nextElectionHeight);
  const validator = validatorIdOf(publicKey);
  const known = stakes.find((each) => each.validator === validator);
  if (known && known.owner !== sender)
    throw new RuleError("VALIDATOR_NOT_OWNER", `${validator} belongs to ${known.owner}, not to ${sender}`, {
      hint: "sign with the keystore that staked: --in FILE",
    });
  if (known?.phase === "leaving")
    throw new RuleError("VALIDATOR_LEAVING", `${validator} is leaving`, {
      hint: `join again after height ${known.returnsAtHeight}`,
    });
  const addedDust = amountDust ?? stakePerPowerDust;
  const stakeDust = (known?.stakeDust ?? 0n) + addedDust;
  if (stakeDust < stakePerPowerDust)
    throw new RuleError(
      "VALIDATOR_STAKE_TOO_LOW",
      `a stake of ${formatCell(stakeDust)} CELL, voting takes ${formatCell(stakePerPowerDust)} CELL`,
      {hint: "raise --amount"},
    );
  const possession = sign(votingKeyClaim(terms.chainId, sender, publicKey));
  return {
    contract: JOIN_CONTRACT,
    payload: validatorJoin.encode({publicKey, amountDust: addedDust, possession}),
    summary: {validator, added_dust: addedDust, stake_dust: stakeDust, next_election_height: electedAt},
    announcement: [
      `stake ${formatCell(addedDust)} CELL on voting key ${validator}, which then has ${formatCell(stakeDust)} CELL`,
      `it can vote from the election at height ${electedAt} on, where its stake is among the largest`,
      `locked until ${unbondBlocks} blocks after it has left; voting twice in one view burns 7.5 % of it`,
    ],
    question: `Lock ${formatCell(addedDust)} CELL?`,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm validator status",
  };
}

/** The voting key of a data directory. */
async function votingKeyIn(dataDir: string): Promise<VotingKey> {
  const {validatorSeed} = await readDataDir(dataDir);
  const mlDsa = await loadMlDsa(44);
  const {publicKey, secretKey} = mlDsa.keygenFromSeed(validatorSeed);
  const key = mlDsa.hold(secretKey);
  secretKey.fill(0);
  return {publicKey, sign: key.sign};
}

interface Flags extends WriteFlags {
  readonly dataDir: string;
  readonly amount?: bigint;
}

export const validatorJoinCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("validator join", {
      summary: "stake on a node's voting key, or add to the stake",
      description:
        "Locks stake behind the voting key of a node, so that it can be elected: at each multiple of the chain's epoch " +
        "length those with the most stake are. One unit of voting power is the least. The node itself needs no restart: it " +
        "follows, and votes once it is elected. Run again, it adds to the stake. Prints the transaction id.\n\n" +
        "The stake can be taken: a validator that votes or proposes twice in one view loses 7.5 % of it and is in jail for " +
        "ten epochs. Nothing else costs anything. Never run two nodes with one key.",
      examples: [
        {does: "stake the least that votes", run: "qsdm validator join --data-dir ./node --wait"},
        {does: "add to it", run: "qsdm validator join --data-dir ./node --amount 250 --wait"},
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"DIR/validator.seed": "The voting key, which signs that it is the account's."},
      exit: {
        3: "Somebody else's key, too little, or a chain whose validators are fixed.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["validator status", "validator leave", "validators", "node init"],
    })
      .requiredOption("--data-dir <path>", "data directory of the node that will vote")
      .option("--amount <cell>", "what to lock, in CELL (default: one unit of voting power)", cellFlag),
  ).action(async ({dataDir, amount, ...flags}: Flags) => {
    const key = await votingKeyIn(dataDir);
    await submitOrder(io, flags, {build: (context) => orderJoin(key, amount ?? null, context)});
  });
