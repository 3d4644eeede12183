/** The way of every write command from its flags to the ledger: terms, draft, announcement, signature, answer. */
import {type Command, Option} from "commander";
import {formatCell} from "../codecs/amount.js";
import type {OwnStatus, Status} from "../codecs/api/status.js";
import {hexOf} from "../codecs/bytes.js";
import {signingBytes} from "../codecs/chain/envelope.js";
import {KEYSTORE_MAX_BYTES, keystore, sealedKeyOf} from "../codecs/keystore.js";
import {UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import type {Signer} from "../node/keys/signer.js";
import {type ClientFlags, withClient} from "./client.js";
import {cellFlag, durationFlag, formatDuration, u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import type {AnyOrder} from "./order.js";
import {addPassphraseFlags, type PassphraseFlags} from "./passphrase.js";
import {type ReferenceForm, submitToReference} from "./reference.js";
import {addClientFlags, type Settings} from "./settings.js";
import {type Draft, draft, follow, sign, termsOf} from "./transaction.js";
import {unlock} from "./wallet/keystore-file.js";

/** Flags that every write command has. */
export interface WriteFlags extends ClientFlags, PassphraseFlags {
  readonly in?: string;
  readonly sender?: string;
  readonly id?: string;
  readonly nonce?: bigint;
  readonly fee?: bigint;
  readonly expiresIn: bigint;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly waitTimeout: number;
}

/** What a write command ends with. */
export interface Outcome {
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** False when no block has decided yet though the command waited. */
  readonly final: boolean;
}

/** How long a transaction may wait for a block, unless said otherwise. */
const EXPIRES_IN_BLOCKS = 300n;
const WAIT_TIMEOUT_MS = 120_000;

/** The flags of a write that nobody typed. */
export const DEFAULT_WRITE_FLAGS = {
  expiresIn: EXPIRES_IN_BLOCKS,
  dryRun: false,
  wait: false,
  waitTimeout: WAIT_TIMEOUT_MS,
} as const satisfies WriteFlags;

export const addWriteFlags = (command: Command): Command =>
  addPassphraseFlags(
    addClientFlags(command.optionsGroup("Transaction flags:"))
      .option("--in <path>", "the keystore that signs (default: ~/.qsdm/wallet.json)")
      .option("--sender <address>", "the account that pays; must be the keystore's own"),
  )
    .option("--id <text>", "transaction id towards a node of QSDM (default: 16 random bytes as hex)")
    .option("--nonce <number>", "nonce to sign (default: the next one that is free)", u64Flag)
    .option(
      "--fee <cell>",
      "what you pay, in CELL (default: the base fee of its block, up to twice that of now)",
      cellFlag,
    )
    .addOption(
      new Option("--expires-in <blocks>", "how many blocks it may wait")
        .argParser(u64Flag)
        .default(EXPIRES_IN_BLOCKS, String(EXPIRES_IN_BLOCKS)),
    )
    .option("--dry-run", "print the exact bytes that would be signed, as hex, and submit nothing", false)
    .option("--wait", "wait until a block has decided it", false)
    .addOption(
      new Option("--wait-timeout <duration>", "how long --wait waits")
        .argParser(durationFlag)
        .default(WAIT_TIMEOUT_MS, formatDuration(WAIT_TIMEOUT_MS)),
    );

/** What a command wants done. */
export interface Order extends AnyOrder {
  readonly contract: string;
  readonly payload: Uint8Array;
}

/** What an order is built on. */
export interface OrderContext {
  readonly client: Client;
  readonly terms: OwnStatus;
  readonly sender: string;
}

/** The order in the node's own forms, and in those of QSDM where the command has them. */
export interface Forms {
  build(context: OrderContext): Promise<Order>;
  readonly reference?: ReferenceForm;
}

/** Carries out the order that `forms` make, in the form that the node takes. */
export async function submitOrder(io: Io, flags: WriteFlags, forms: Forms): Promise<void> {
  const {build, reference} = forms;
  await withClient(io, flags, async (client, settings) => {
    const status = await client.status();
    if (status.qsdm === null && reference !== undefined) {
      const wallet = await openReferenceWallet(io, flags, {settings, signed: reference.signed});
      return submitToReference(io, flags, {...wallet, order: await reference.build(wallet.sender), client});
    }
    if (flags.id !== undefined)
      throw new UsageError("FLAG_CONFLICT", "--id is for nodes of QSDM; here the id follows from the transaction", {
        hint: "leave --id out",
      });
    const wallet = await openWallet(io, flags, settings);
    const {document, text, final} = await carryOut(io, flags, {build, client, wallet, status});
    io.result(document, text, {final});
  });
}

/** The same towards a node of ours, for a command that has a result of its own. @throws UsageError NODE_OF_QSDM */
export const placeOrder = (io: Io, flags: WriteFlags, build: Forms["build"]): Promise<Outcome> =>
  withClient(io, flags, async (client, settings) => {
    const status = await client.status();
    if (status.qsdm === null)
      throw new UsageError("NODE_OF_QSDM", `${client.url} is a node of QSDM`, {
        hint: "write to it with the command itself, for example qsdm enroll",
      });
    return carryOut(io, flags, {build, client, wallet: await openWallet(io, flags, settings), status});
  });

interface Placing {
  readonly build: Forms["build"];
  readonly client: Client;
  readonly wallet: Wallet;
  readonly status: Status;
}

/** The same for a command that has opened client and wallet. @throws RuleError FORMS_UNSUPPORTED */
export async function carryOut(io: Io, flags: WriteFlags, {build, client, wallet, status}: Placing): Promise<Outcome> {
  const terms = termsOf(status);
  const {sender} = wallet;
  const order = await build({client, terms, sender});
  const wishes = {
    sender,
    feeDust: flags.fee ?? null,
    nonce: flags.nonce ?? null,
    expiresInBlocks: flags.expiresIn,
  };
  const drafted = await draft(order, wishes, {client, terms});
  if (flags.dryRun) return drafting(io, order, drafted);
  await announce(io, order, drafted);
  const {txId} = await order.submit(client, sign(drafted, await wallet.unlock()));
  if (txId !== drafted.txId) io.warn(`the node calls the transaction ${txId}; its id is ${drafted.txId}`);
  return report(io, flags, {order, drafted, client});
}

const documentOf = (order: Order, {content, txId, feeDust}: Draft, status: string) => ({
  tx_id: txId,
  status,
  contract: content.contract,
  sender: content.sender,
  nonce: content.nonce,
  fee_dust: feeDust,
  max_fee_dust: content.maxFeeDust,
  expires_at_height: content.expiresAtHeight,
  ...order.summary,
});

function drafting(io: Io, order: Order, drafted: Draft): Outcome {
  for (const line of order.announcement) io.note(line);
  const bytes = hexOf(signingBytes(drafted.content));
  const document = {...documentOf(order, drafted, "not_submitted"), signing_bytes: bytes, payload: order.payload};
  return {document, text: bytes, final: true};
}

/** Shows what will change; asks only where a person sits at the terminal. */
async function announce(io: Io, order: Order, {content, feeDust}: Draft): Promise<void> {
  for (const line of order.announcement) io.note(line);
  const {maxFeeDust, expiresAtHeight} = content;
  const most = maxFeeDust === feeDust ? "" : `, at most ${formatCell(maxFeeDust)} CELL if the base fee rises`;
  io.note(`fee ${formatCell(feeDust)} CELL${most}, to be included up to height ${expiresAtHeight}`);
  if (order.question !== null && io.asks) await io.confirm(order.question);
}

interface Submitted {
  readonly order: Order;
  readonly drafted: Draft;
  readonly client: Client;
}

async function report(io: Io, flags: WriteFlags, {order, drafted, client}: Submitted): Promise<Outcome> {
  const {txId} = drafted;
  const later = `check with: ${order.checkWith.replace("{tx_id}", txId)}`;
  if (!flags.wait) {
    io.note(`submitted ${txId}, not yet applied; ${later}`);
    return {document: documentOf(order, drafted, "submitted"), text: txId, final: true};
  }
  const {waitTimeout: timeoutMs} = flags;
  io.note(`submitted ${txId}; waiting up to ${formatDuration(timeoutMs)} for a block to decide it; ${later}`);
  const decision = await follow(drafted, {client, timeoutMs, signal: io.signal});
  if (decision === null) {
    io.warn(`no block has decided ${txId} within ${formatDuration(timeoutMs)}; ${later}`);
    return {document: documentOf(order, drafted, "submitted"), text: txId, final: false};
  }
  const {height, feeDust, slash} = decision.receipt;
  io.note(`applied ${txId} at height ${height}`);
  const outcome = slash === null ? {} : {slashed_dust: slash.slashedDust, rewarded_dust: slash.rewardedDust};
  const document = {...documentOf(order, drafted, "applied"), height, fee_dust: feeDust, ...outcome};
  return {document, text: txId, final: true};
}

/** The keystore, or only the name of the sender where nothing is signed. */
async function openReferenceWallet(
  io: Io,
  flags: WriteFlags,
  {settings, signed}: {settings: Settings; signed: boolean},
): Promise<Wallet> {
  const {sender} = flags;
  if (sender === undefined || signed) return openWallet(io, flags, settings);
  return {sender, unlock: async () => (await openWallet(io, flags, settings)).unlock()};
}

/** A keystore whose key is not opened yet. */
export interface Wallet {
  readonly sender: string;
  /** Opens the key; asks for the passphrase where it is not given. */
  unlock(): Promise<Signer>;
}

/** @throws UsageError SENDER_MISMATCH */
export async function openWallet(
  io: Io,
  flags: Pick<WriteFlags, "in" | "sender"> & PassphraseFlags,
  settings: Settings,
): Promise<Wallet> {
  const path = flags.in ?? settings.keystore.value!;
  const file = await io.readFile(path, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES});
  const {address} = sealedKeyOf(keystore.readCompat(file));
  if (flags.sender !== undefined && flags.sender !== address)
    throw new UsageError(
      "SENDER_MISMATCH",
      `--sender ${flags.sender} does not match the keystore's address ${address}`,
      {
        hint: "name the sender's keystore with --in, or leave --sender out",
      },
    );
  return {sender: address, unlock: () => unlock(io, file, {...flags, settings})};
}
