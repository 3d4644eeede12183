import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {U64_MAX} from "../../codecs/amount.js";
import {textOf} from "../../codecs/bytes.js";
import {signingBytes, txIdOf, type UnsignedEnvelope} from "../../codecs/chain/envelope.js";
import {addressOfPolicy, type Policy} from "../../codecs/chain/multisig.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../codecs/chain/payloads.js";
import {UsageError} from "../../errors.js";
import {baseFeeOf} from "../../node/ledger/monetary/fees.js";
import {authorshipOf, gasOf, mostRecords, ONE_KEY} from "../../node/ledger/monetary/gas.js";
import {defineCommand} from "../define.js";
import {cellFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {type Call, FEE_HEADROOM} from "../transaction.js";
import {describePayload, documentOfContent, sentenceOf, termsSentence} from "./describe.js";
import {addOutFlags, checkOut, type OutFlags, writeTx} from "./files.js";
import {checkOwner, policyAt} from "./members.js";
import {parsePayments} from "./payments-file.js";
import {parseTerms, type Terms} from "./terms-file.js";

/** What of the terms is typed rather than read from a file. */
export interface Given {
  readonly chainId?: string;
  readonly sender?: string;
  readonly nonce?: bigint;
  readonly fee?: bigint;
  readonly tip?: bigint;
  readonly expiresAt?: bigint;
  readonly expiresIn?: bigint;
  /** Of a sender of several keys, whose weight only this says. */
  readonly policy?: Policy | null;
}

/** How long a transaction may wait, unless said otherwise. */
const EXPIRES_IN_BLOCKS = 300n;

/**
 * The content that `call` makes under `terms`, of which every part can be given instead.
 * @throws UsageError TERMS_MISSING, SENDER_MISMATCH, FEE_TOO_LOW, EXPIRY_INVALID; DecodeError of the fields
 */
export function buildContent(call: Call, given: Given, terms: Terms | null): UnsignedEnvelope {
  const {policy = null} = given;
  const sender = checkAddress(need(given.sender ?? terms?.sender ?? (policy && addressOfPolicy(policy)), "--sender"));
  if (policy) checkOwner({sender}, policy);
  const sent = {sender, ...call};
  const gas = gasOf(sent, policy ? authorshipOf(policy) : ONE_KEY);
  const baseFeeDust = terms && baseFeeOf(gas, {baseFeeDust: terms.base_fee_dust});
  // Keys of a policy travel each time, and are no record of the state.
  const records = mostRecords(sent) + (policy || terms?.key_known ? 0 : 1);
  const maxFeeDust = need(given.fee ?? (terms && FEE_HEADROOM * mostBaseFee({gas, records}, terms)), "--fee");
  if (baseFeeDust !== null && maxFeeDust < baseFeeDust)
    throw new UsageError("FEE_TOO_LOW", `a fee of ${maxFeeDust} dust is below the base fee of ${baseFeeDust} dust`, {
      hint: "raise --fee, or leave it out to pay the base fee",
    });
  const content: UnsignedEnvelope = {
    chainId: need(given.chainId ?? terms?.chain_id ?? null, "--chain-id"),
    sender,
    nonce: need(given.nonce ?? terms?.nonce ?? null, "--nonce"),
    expiresAtHeight: expiryOf(given, terms),
    maxFeeDust,
    // A cap that was named is offered whole; without a base fee to subtract it is what is paid either way.
    tipDust: given.tip ?? (given.fee === undefined ? 0n : maxFeeDust - (baseFeeDust ?? 0n)),
    ...call,
  };
  signingBytes(content);
  return content;
}

/** What it costs where all that it can add to the state is new: nobody knows that here, and a block charges what is. */
const mostBaseFee = (
  {gas, records}: {readonly gas: bigint; readonly records: number},
  {base_fee_dust, record_gas}: Terms,
): bigint => baseFeeOf(gas + record_gas * BigInt(records), {baseFeeDust: base_fee_dust});

function expiryOf({expiresAt, expiresIn}: Given, terms: Terms | null): bigint {
  if (expiresAt !== undefined && expiresIn !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--expires-at and --expires-in exclude each other");
  const height = expiresAt ?? need(terms?.height ?? null, "--expires-at") + (expiresIn ?? EXPIRES_IN_BLOCKS);
  if (height > U64_MAX) throw new UsageError("EXPIRY_INVALID", `an expiry at height ${height} is beyond any chain`);
  return height;
}

function need<T>(value: T | null, flag: string): T {
  if (value !== null) return value;
  throw new UsageError("TERMS_MISSING", `nothing says what ${flag} should be`, {
    hint: `pass ${flag}, or --terms with a file of qsdm tx terms`,
  });
}

interface Flags extends Omit<Given, "policy">, OutFlags {
  readonly policy?: string;
  readonly terms?: string;
  readonly to?: string;
  readonly amount?: bigint;
  readonly memo?: string;
  readonly payments?: string;
  readonly contract?: string;
  readonly payloadFile?: string;
}

/** Largest payload, as the envelope takes it. */
const PAYLOAD_MAX_BYTES = 1_450_000;

/** @throws UsageError CALL_MISSING, FLAG_CONFLICT, TRANSFER_ZERO; DecodeError ADDRESS_INVALID, FIELD_INVALID */
async function callOf(io: Io, {to, amount, memo, payments, contract, payloadFile}: Flags): Promise<Call> {
  const pays = to !== undefined || amount !== undefined || memo !== undefined;
  const calls = contract !== undefined || payloadFile !== undefined;
  if ([pays, payments !== undefined, calls].filter(Boolean).length > 1)
    throw new UsageError(
      "FLAG_CONFLICT",
      "--to, --amount and --memo make one payment, --payments many, --contract any other call",
    );
  if (payments !== undefined) {
    const list = parsePayments(textOf(await io.readFile(payments, {flag: "--payments"})));
    return {contract: BATCH_TRANSFER_CONTRACT, payload: batchTransfer.encode({payments: list})};
  }
  if (contract !== undefined && payloadFile !== undefined)
    return {contract, payload: await io.readFile(payloadFile, {flag: "--payload-file", maxBytes: PAYLOAD_MAX_BYTES})};
  if (to === undefined || amount === undefined)
    throw new UsageError("CALL_MISSING", "there is nothing to build", {
      hint: "pass --to and --amount for a payment, --payments with a file of them, or --contract and --payload-file",
    });
  if (amount === 0n) throw new UsageError("TRANSFER_ZERO", "a transfer of 0 CELL moves nothing");
  const payload = transfer.encode({to: checkAddress(to), amountDust: amount, memo: memo ?? ""});
  return {contract: TRANSFER_CONTRACT, payload};
}

export const txBuildCommand = (io: Io): Command =>
  addOutFlags(
    defineCommand("tx build", {
      summary: "build a transaction without signing it",
      description:
        "Writes the exact bytes that a sender signs, offline and without a key. What it needs of the chain comes from a file " +
        "of qsdm tx terms, from flags, or from both: a flag wins. Without terms it needs --chain-id, --sender, --nonce, --fee " +
        "and --expires-at.\n\n" +
        "--fee is the most that the sender pays. A block charges the base fee and the tip, and never more than the cap; " +
        "a --fee without --tip is offered whole. Without either the cap is twice the base fee of the terms and nothing is offered " +
        "above it, so that the transaction goes along with a base fee that rises. Every account that is paid counts as new for " +
        "the cap, since nobody can say offline; a block charges for those that are. Keys and signatures of an account of several keys are " +
        "counted with --policy.\n\n" +
        "A payment is made of --to and --amount. --payments takes a file of up to 256 of them, one a line: address, amount in " +
        "CELL and memo, apart by tabs; all of them are paid or none. --contract and --payload-file take a payload that another command made.",
      examples: [
        {
          does: "a payment from a file of terms",
          run: 'qsdm tx build --terms terms.json --to "$ADDRESS" --amount 2.5 --out pay.tx',
        },
        {
          does: "build, sign and send in one pipe",
          run: 'qsdm tx build --terms terms.json --to "$ADDRESS" --amount 1 | qsdm tx sign - | qsdm tx send -',
        },
      ],
      exit: {3: "A file or a value is not what it should be."},
      seeAlso: ["tx terms", "tx sign", "tx decode"],
    })
      .option("--terms <path>", "file of qsdm tx terms; - reads standard input")
      .option("--to <address>", "who is paid")
      .option("--amount <cell>", "how much, in CELL", cellFlag)
      .option("--memo <text>", "note kept with the payment, at most 256 bytes")
      .option("--payments <path>", "file of payments, all made or none; - reads standard input")
      .option("--contract <id>", "contract to call instead, for example qsdm/unenroll/v3")
      .option("--payload-file <path>", "its payload; - reads standard input")
      .option("--chain-id <id>", "chain that the signature is good for")
      .option("--sender <address>", "account that signs and pays")
      .option("--policy <path>", "policy of a sender of several keys, whose signatures the fee then covers")
      .option("--nonce <number>", "the account's nonce", u64Flag)
      .option("--fee <cell>", "most that is paid, in CELL (default: twice the base fee)", cellFlag)
      .option("--tip <cell>", "offered above the base fee, in CELL (default: what --fee leaves of it)", cellFlag)
      .option("--expires-at <height>", "last height at which a block may include it", u64Flag)
      .option(
        "--expires-in <blocks>",
        `the same above the height of the terms (default: ${EXPIRES_IN_BLOCKS})`,
        u64Flag,
      ),
    "transaction",
  ).action(async (flags: Flags) => {
    checkOut(io, flags);
    const call = await callOf(io, flags);
    const terms = flags.terms === undefined ? null : parseTerms(await io.readFile(flags.terms, {flag: "--terms"}));
    const policy = await policyAt(io, flags.policy);
    const content = buildContent(call, {...flags, policy}, terms);
    io.note(sentenceOf(content));
    io.note(termsSentence(content));
    if (flags.contract !== undefined && describePayload(content) === null)
      io.warn("this program cannot read the payload; the contract may refuse it");
    const by = policy ? authorshipOf(policy) : ONE_KEY;
    await writeTx(io, signingBytes(content), {
      flags,
      data: {tx_id: txIdOf(content), ...documentOfContent(content, by)},
    });
  });
