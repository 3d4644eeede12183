import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import {formatCell} from "../../codecs/amount.js";
import {hexOf, utf8} from "../../codecs/bytes.js";
import {sha256} from "../../codecs/hash.js";
import {formatKeyFile} from "../../node/keys/key-file.js";
import {SESSION_SEED_BYTES, sessionKeyOf} from "../../node/keys/session-key.js";
import {defineCommand} from "../define.js";
import {cellFlag, u64Flag} from "../flags.js";
import type {Host} from "../host.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {checkPlace} from "../wallet/keystore-file.js";
import {actionOf, streamNameFlag, streamOrder} from "./order.js";

export interface Opening {
  readonly streamId: string;
  readonly provider: string;
  readonly serviceId: string;
  /** What the service is used with; only its digest leaves this machine. */
  readonly device: string;
  readonly sessionPublicKey: Uint8Array;
  readonly priceDust: bigint;
  readonly periodSeconds: bigint;
  readonly budgetDust: bigint;
  readonly maxActiveSeconds: bigint;
  readonly validSeconds: bigint;
}

/** The order that opens a stream. @throws DecodeError ADDRESS_INVALID */
export function orderOpening(
  opening: Opening,
  {sender, host}: Pick<OrderContext, "sender"> & {readonly host: Pick<Host, "now" | "randomBytes">},
): Order {
  const {streamId, serviceId, priceDust, periodSeconds, budgetDust, maxActiveSeconds, validSeconds} = opening;
  const provider = checkAddress(opening.provider);
  const expiresAt = new Date(host.now() + Number(validSeconds) * 1_000).toISOString();
  const action = actionOf(host, {
    sender,
    streamId,
    action: "open",
    provider,
    serviceId,
    deviceIdHash: hexOf(sha256(utf8(opening.device))),
    sessionPublicKey: hexOf(opening.sessionPublicKey),
    priceDust,
    pricePeriodSeconds: periodSeconds,
    budgetDust,
    maxActiveSeconds,
    expiresAt,
  });
  return streamOrder(action, {
    summary: {provider, service_id: serviceId, budget_dust: budgetDust, expires_at: expiresAt},
    announcement: [
      `open stream ${streamId}: ${formatCell(priceDust)} CELL for ${periodSeconds} s of ${serviceId}, to ${provider}`,
      `put ${formatCell(budgetDust)} CELL in it, for at most ${maxActiveSeconds} s of use until ${expiresAt}`,
    ],
    question: `Put ${formatCell(budgetDust)} CELL in escrow?`,
  });
}

/** A year: what is left of the budget comes back earlier to whoever closes the stream. */
const VALID_SECONDS = 31_536_000n;

interface Flags extends WriteFlags {
  readonly streamId?: string;
  readonly provider: string;
  readonly serviceId: string;
  readonly device: string;
  readonly price: bigint;
  readonly period: bigint;
  readonly budget: bigint;
  readonly maxActive?: bigint;
  readonly validFor?: bigint;
  readonly sessionKeyOut: string;
}

export const streamOpenCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("stream open", {
      summary: "put a budget in escrow for a service that is paid by the second",
      description:
        "Opens a stream to a provider. The device that uses the service signs receipts with the session key that this " +
        "command makes (qsdm stream receipt); the provider brings them to the chain and takes what they come to. Whoever has " +
        "the session key can bill the rest of the budget to this provider, and nothing else. Prints the transaction id.\n\n" +
        "What is not used comes back with qsdm stream cancel.",
      examples: [
        {
          does: "two CELL for 30 days of use, five in all",
          run: "qsdm stream open --provider ADDRESS --service-id svc.vpn --price 2 --period 2592000 --budget 5 --device laptop --session-key-out vpn.key --wait",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"--session-key-out": "The session key, mode 0600."},
      exit: {
        3: "The terms do not fit together, or the account has too little.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["stream receipt", "stream pause", "stream cancel", "stream show"],
    })
      .requiredOption("--provider <address>", "account that provides the service")
      .requiredOption("--service-id <name>", "what it is called", streamNameFlag)
      .requiredOption("--price <cell>", "what a period of use costs, in CELL", cellFlag)
      .requiredOption("--period <seconds>", "how long a period is", u64Flag)
      .requiredOption("--budget <cell>", "what to put in escrow, in CELL", cellFlag)
      .requiredOption("--device <text>", "what you use it with; the chain sees its SHA-256")
      .requiredOption("--session-key-out <path>", "file for the session key, which must not exist")
      .option("--stream-id <name>", "the stream's id (default: 16 random bytes as hex)", streamNameFlag)
      .option("--max-active <seconds>", "most use that is billed (default: what the budget pays for)", u64Flag)
      .option("--valid-for <seconds>", "how long it can be used (default: a year)", u64Flag),
  ).action(async (flags: Flags) => {
    const {sessionKeyOut: path, price, period, budget, provider, serviceId, device} = flags;
    await checkPlace(io, path, false);
    const seed = io.host.randomBytes(SESSION_SEED_BYTES);
    const {publicKey: sessionPublicKey} = sessionKeyOf(seed);
    const opening = {
      ...{provider, serviceId, device, sessionPublicKey},
      streamId: flags.streamId ?? hexOf(io.host.randomBytes(16)),
      ...{priceDust: price, periodSeconds: period, budgetDust: budget, validSeconds: flags.validFor ?? VALID_SECONDS},
      maxActiveSeconds: flags.maxActive ?? paidSeconds(budget, price, period),
    };
    // Before anything is sent: a stream whose session key is lost can bill nothing.
    if (!flags.dryRun) await io.writeFile(path, formatKeyFile(seed), {force: false, secret: true});
    await submitOrder(io, flags, {build: async ({sender}) => orderOpening(opening, {sender, host: io.host})});
  });

/** Seconds of use that a budget pays for, at least one. */
const paidSeconds = (budgetDust: bigint, priceDust: bigint, periodSeconds: bigint): bigint => {
  const seconds = priceDust === 0n ? 0n : (budgetDust * periodSeconds) / priceDust;
  return seconds > 0n ? seconds : 1n;
};
