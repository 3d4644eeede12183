/** What a batch and an availability certificate must be before they change anything. */
import {type Availability, ackContent, ackContentOf} from "../../../codecs/dag/availability.js";
import {
  type Batch,
  type BatchHeader,
  type BatchRef,
  batchHeader,
  compareRefs,
  refOf,
} from "../../../codecs/dag/batch.js";
import {RuleError} from "../../../errors.js";
import {checkSigners} from "../../consensus/votes/certificate.js";
import {sectionRoot} from "../../ledger/chain/sections.js";
import type {DagRules} from "./rules.js";
import type {BodyIds} from "./state.js";

/** A body's part of a header. */
export const bodyTerms = (
  {transactions, proofs}: Pick<Batch, "transactions" | "proofs">,
  {hashAll}: Pick<DagRules, "hashAll"> = {},
) => ({
  transactionsRoot: sectionRoot(transactions, hashAll),
  proofsRoot: sectionRoot(proofs, hashAll),
  transactionCount: transactions.length,
  proofCount: proofs.length,
  bodyBytes: [...transactions, ...proofs].reduce((sum, each) => sum + each.length, 0),
});

const wrongTerm = (header: BatchHeader, terms: ReturnType<typeof bodyTerms>): string | undefined =>
  (Object.keys(terms) as (keyof typeof terms)[]).find((name) => header[name] !== terms[name]);

/** Whether a batch that was checked when it came is still what its name and its header say. */
export function isIntact({ref, batch}: {readonly ref: BatchRef; readonly batch: Batch}, rules: DagRules): boolean {
  const {header} = batch.signed;
  // Copies: of an array that was hashed before the digest is remembered, whatever is in it now.
  const [transactions, proofs] = [batch.transactions, batch.proofs].map((items) => items.map((each) => each.slice()));
  const terms = bodyTerms({transactions: transactions!, proofs: proofs!}, rules);
  return compareRefs(refOf(header), ref) === 0 && !wrongTerm(header, terms);
}

/** @throws DecodeError */
const idsOf = ({transactions, proofs}: Batch, rules: DagRules): BodyIds => ({
  txIds: new Set(transactions.map((bytes) => rules.readTransaction(bytes).txId)),
  proofIds: new Set(proofs.map((raw) => rules.proofIdOf(raw))),
});

/**
 * Holds a batch to its header, its header to the rules, and the signature to its creator. Parents are checked for
 * form and number; whether they are certified is for the caller to know.
 * @throws RuleError BATCH_INVALID; DecodeError when a transaction or a proof is malformed
 */
export function checkBatch(batch: Batch, rules: DagRules): BodyIds {
  const {header, signature} = batch.signed;
  const refuse = (why: string): never => {
    throw new RuleError("BATCH_INVALID", `batch of validator ${header.creator}, round ${header.round}: ${why}`);
  };
  const {limits, committee} = rules;
  const creator = committee.voters[header.creator] ?? refuse("no such validator");
  if (header.chainId !== rules.chainId) refuse(`chain ${header.chainId}, this is ${rules.chainId}`);
  if (header.round < rules.firstRound) refuse(`the epoch begins with round ${rules.firstRound}`);
  checkParents(header, rules, refuse);
  const terms = bodyTerms(batch, rules);
  if (terms.transactionCount > limits.maxBatchTransactions) refuse(`${terms.transactionCount} transactions`);
  if (terms.proofCount > limits.maxBatchProofs) refuse(`${terms.proofCount} proofs`);
  if (terms.bodyBytes > limits.maxBatchBytes) refuse(`${terms.bodyBytes} bytes, at most ${limits.maxBatchBytes}`);
  const wrong = wrongTerm(header, terms);
  if (wrong) refuse(`the body does not give the header's ${wrong}`);
  const ids = idsOf(batch, rules);
  if (ids.txIds.size !== batch.transactions.length) refuse("a transaction twice");
  if (ids.proofIds.size !== batch.proofs.length) refuse("a proof twice");
  if (!rules.verify(creator.publicKey, batchHeader.encode(header), signature)) refuse("the signature does not verify");
  return ids;
}

function checkParents(
  {round, parents}: BatchHeader,
  {firstRound, committee}: DagRules,
  refuse: (why: string) => never,
) {
  if (round > firstRound) return checkSigners(parents.map(validatorOf), committee, (why) => refuse(`parents: ${why}`));
  if (parents.length > 0) refuse("parents in the first round");
}

const validatorOf = ({creator}: {readonly creator: number}): {validator: number} => ({validator: creator});

/** @throws RuleError AVAILABILITY_INVALID */
export function checkAvailability({epoch, ref, acks}: Availability, rules: DagRules): void {
  const refuse = (why: string): never => {
    throw new RuleError(
      "AVAILABILITY_INVALID",
      `certificate of batch ${ref.batchId.slice(0, 16)}, round ${ref.round}: ${why}`,
    );
  };
  if (!rules.committee.voters[ref.creator]) refuse(`no validator ${ref.creator}`);
  if (ref.round < rules.firstRound) refuse(`the epoch begins with round ${rules.firstRound}`);
  checkSigners(acks, rules.committee, refuse);
  for (const {validator, signature} of acks)
    if (!isAckOf(validator, ref, {epoch, signature}, rules)) refuse(`ack of validator ${validator} does not verify`);
}

/** Whether `signature` is `validator`'s word that it holds `ref`. */
export function isAckOf(
  validator: number,
  ref: BatchRef,
  {epoch, signature}: {readonly epoch: bigint; readonly signature: Uint8Array},
  {chainId, committee, verify}: DagRules,
): boolean {
  const voter = committee.voters[validator];
  return (
    voter !== undefined && verify(voter.publicKey, ackContent.encode(ackContentOf(chainId, epoch, ref)), signature)
  );
}
