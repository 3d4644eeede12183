import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {formatCell} from "../../codecs/amount.js";
import {utf8} from "../../codecs/bytes.js";
import {TRANSFER_CONTRACT, transfer} from "../../codecs/chain/payloads.js";
import {UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import {cellFlag} from "../flags.js";
import type {Io} from "../io.js";
import {REFERENCE_FEE_DUST, type ReferenceOrder} from "../reference.js";
import {walletRequest} from "../reference-request.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {leftAfter} from "../transaction.js";

/** Longest geotag that a node of QSDM takes. */
const GEOTAG_MAX_BYTES = 100;

export interface Payment {
  /** Address of 64 hex digits. */
  readonly to: string;
  readonly amountDust: bigint;
  readonly memo: string;
}

/**
 * The order that pays.
 * @throws DecodeError ADDRESS_INVALID, FIELD_INVALID; UsageError TRANSFER_ZERO; RuleError INSUFFICIENT_BALANCE
 */
export async function orderPayment(
  {to, amountDust, memo}: Payment,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "balance" | "feeQuote">},
): Promise<Order> {
  checkAmount(amountDust);
  const payload = transfer.encode({to: checkAddress(to), amountDust, memo});
  const leftDust = await leftAfter({sender, contract: TRANSFER_CONTRACT, payload}, amountDust, {client, terms});
  return {
    contract: TRANSFER_CONTRACT,
    payload,
    summary: {to, amount_dust: amountDust, memo},
    announcement: [
      `send ${formatCell(amountDust)} CELL from ${sender} to ${to} on ${terms.chainId}, at height ${terms.height}`,
      `leaves ${formatCell(leftDust)} CELL when the base fee is paid`,
    ],
    question: questionOf({to, amountDust}),
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm receipt {tx_id}",
  };
}

/**
 * The same for a node of QSDM, whose envelope has no place for a memo, and a geotag that routes it.
 * @throws DecodeError ADDRESS_INVALID, AMOUNT_INVALID; UsageError TRANSFER_ZERO, MEMO_UNSUPPORTED
 */
export function referencePayment(
  {to, amountDust, memo, geotag}: Payment & {readonly geotag: string},
  sender: string,
  nowMs: number,
): ReferenceOrder {
  checkAmount(amountDust);
  if (memo !== "")
    throw new UsageError("MEMO_UNSUPPORTED", "QSDM's wallet envelope has no place for a memo", {
      hint: "leave --memo out",
    });
  if (utf8(geotag).length > GEOTAG_MAX_BYTES)
    throw new UsageError("FLAG_INVALID", `--geotag is longer than ${GEOTAG_MAX_BYTES} bytes`);
  const recipient = checkAddress(to);
  const payment = {recipient, amountDust, geotag, timestamp: new Date(nowMs).toISOString()};
  return {
    feeDust: REFERENCE_FEE_DUST,
    request: (head) => walletRequest(payment, head),
    summary: {to, amount_dust: amountDust, geotag},
    announcement: [`send ${formatCell(amountDust)} CELL from ${sender} to ${to}`],
    question: questionOf({to, amountDust}),
    submit: async (node, body) => ({txId: (await node.submitSigned({body})).transactionId}),
    checkWith: "qsdm receipt {tx_id}",
  };
}

function checkAmount(amountDust: bigint): void {
  if (amountDust === 0n) throw new UsageError("TRANSFER_ZERO", "a transfer of 0 CELL moves nothing");
}

const questionOf = ({to, amountDust}: Pick<Payment, "to" | "amountDust">): string =>
  `Send ${formatCell(amountDust)} CELL to ${to}? This cannot be taken back.`;

interface Flags extends WriteFlags {
  readonly memo: string;
  readonly geotag?: string;
}

export const walletSendCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("wallet send", {
      summary: "pay somebody",
      description:
        "Sends an amount in CELL to an address and prints the transaction id. On a terminal it shows what will change and " +
        "asks before it signs; in a pipe it only shows it.\n\n" +
        "Submitted is not applied: a block decides, and charges the fee either way. --wait waits for it.",
      examples: [
        {does: "pay and wait for the block", run: 'qsdm wallet send "$ADDRESS" 2.5 --memo rent --wait'},
        {does: "see the exact bytes that would be signed", run: 'qsdm wallet send "$ADDRESS" 2.5 --dry-run'},
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"~/.qsdm/wallet.json": "The keystore that pays and signs, unless --in names another."},
      exit: {3: "The ledger refused the transfer.", 5: "--wait ended before a block decided."},
      seeAlso: ["wallet balance", "receipt", "wallet show"],
    })
      .option("--memo <text>", "note kept with the transaction, at most 256 bytes", "")
      .option("--geotag <text>", "region tag towards a node of QSDM, which routes by it"),
  )
    .argument("<to>", "address of 64 hex digits")
    .argument("<amount>", "amount in CELL, for example 2.5", cellFlag)
    .action(async (to: string, amountDust: bigint, {memo, geotag, ...flags}: Flags) => {
      await submitOrder(io, flags, {
        async build(context) {
          if (geotag !== undefined)
            throw new UsageError("FLAG_CONFLICT", "--geotag is for nodes of QSDM; this chain has no use for it", {
              hint: "leave --geotag out",
            });
          return orderPayment({to, amountDust, memo}, context);
        },
        reference: {
          signed: true,
          build: (sender) => referencePayment({to, amountDust, memo, geotag: geotag ?? ""}, sender, io.host.now()),
        },
      });
    });
