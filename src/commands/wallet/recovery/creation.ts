/** Recovery words for a wallet that has none: words, capsule, block, and at the end the keystore. */
import {equalBytes} from "../../../codecs/bytes.js";
import {KEYSTORE_MAX_BYTES, type Keystore, keystore} from "../../../codecs/keystore.js";
import {recoveryBlock, WORDS_SCHEME} from "../../../codecs/keystore-recovery.js";
import {capsuleLocator, RECOVERY_ENTROPY_BYTES} from "../../../codecs/recovery.js";
import {QsdmError, RuleError, UnavailableError, UsageError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";
import {openCapsule, sealCapsule} from "../../../node/keys/capsule.js";
import {type KeyPair, openKey, withRecovery} from "../../../node/keys/keystore.js";
import {createSigner, type SignatureScheme} from "../../../node/keys/signer.js";
import {type ClientFlags, settingFlags, withClient} from "../../client.js";
import type {Io} from "../../io.js";
import {type PassphraseFlags, readPassphrase} from "../../passphrase.js";
import {loadSettings} from "../../settings.js";
import {capsuleFrom} from "./capsule.js";
import {registerCapsule} from "./order.js";
import {checkWordsPlace, readWords, type WordsInFlags, type WordsOutFlags, writeWords} from "./words.js";

export interface CreateRecoveryFlags extends ClientFlags, PassphraseFlags, WordsInFlags, WordsOutFlags {
  readonly in?: string;
  readonly expectedAddress?: string;
  readonly fee?: bigint;
  /** Milliseconds. */
  readonly confirmTimeout: number;
  readonly replace: boolean;
  readonly reuse: boolean;
}

/** A wallet that was opened to be given words. */
interface Opened extends KeyPair {
  readonly address: string;
  readonly scheme: SignatureScheme;
  readonly path: string;
  /** The file as it was read. */
  readonly bytes: Uint8Array;
  readonly passphrase: string;
}

/** @throws what keystore, words, node and ledger refuse; nothing of the keystore is changed then */
export async function createRecovery(io: Io, flags: CreateRecoveryFlags): Promise<void> {
  const wallet = await openWallet(io, flags);
  await withClient(io, flags, (client) => protect(io, flags, {client, wallet}));
}

async function protect(
  io: Io,
  flags: CreateRecoveryFlags,
  {client, wallet}: Pick<Bringing, "client" | "wallet">,
): Promise<void> {
  // Nobody likes to write 24 words down for nothing.
  await checkAccount(client, wallet);
  const entropy = flags.reuse ? await readWords(io, flags) : io.host.randomBytes(RECOVERY_ENTROPY_BYTES);
  const locator = capsuleLocator(entropy);
  try {
    if (!flags.reuse) await writeWords(io, entropy, {...flags, fresh: true});
    const final = await bring(io, flags, {client, wallet, entropy, locator});
    const told = {address: wallet.address, locator, path: wallet.path, recovery_out: flags.recoveryOut ?? null};
    if (!final) {
      io.warn(
        "no block has taken the capsule in time, and the keystore is as it was: --reuse goes on with the same words",
      );
      return io.result({...told, status: "submitted", backup: null}, locator, {final: false});
    }
    const backup = await keepWords(io, wallet, {entropy, locator});
    io.result({...told, status: "registered", backup}, locator);
  } finally {
    entropy.fill(0);
    wallet.secretKey.fill(0);
  }
}

/** Everything that can be refused is refused here, before there are words. */
async function openWallet(io: Io, flags: CreateRecoveryFlags): Promise<Opened> {
  const settings = await loadSettings(io.host, {...settingFlags(flags), keystore: flags.in});
  const path = settings.keystore.value!;
  if (path === "-")
    throw new UsageError("FLAG_INVALID", "--in is a file here: it is written again with the words in it");
  await checkPlaces(io, flags, path);
  const bytes = await io.readFile(path, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES});
  const file = keystore.readCompat(bytes);
  if (flags.expectedAddress !== undefined && flags.expectedAddress !== file.address)
    throw new RuleError("ADDRESS_UNEXPECTED", `the keystore is of ${file.address}, not ${flags.expectedAddress}`, {
      hint: "name the right keystore with --in",
    });
  checkUnprotected(file, flags);
  const passphrase = await readPassphrase(io, {...flags, fallbackFile: settings.passphrase_file.value});
  const {loadMlDsa} = await import("../../../node/compute/ml-dsa.js");
  const scheme = await loadMlDsa(87, "few");
  return {...(await openKey(file, passphrase, scheme)), scheme, path, bytes, passphrase};
}

async function checkPlaces(io: Io, flags: CreateRecoveryFlags, path: string): Promise<void> {
  const {reuse, replace, recoveryFile, recoveryFd, recoveryOut, recoveryOutFd} = flags;
  if (!reuse && (recoveryFile ?? recoveryFd) !== undefined)
    throw new UsageError("FLAG_CONFLICT", "words are read only with --reuse", {
      hint: "--recovery-out says where new words go",
    });
  if (reuse && (replace || (recoveryOut ?? recoveryOutFd) !== undefined))
    throw new UsageError(
      "FLAG_CONFLICT",
      "--reuse makes no new words, so that --replace and --recovery-out say nothing",
    );
  if (!reuse) await checkWordsPlace(io, flags, path);
}

/** @throws RuleError RECOVERY_PRESENT; DecodeError KEYSTORE_RECOVERY_INVALID */
function checkUnprotected({recovery}: Keystore, {replace, reuse}: CreateRecoveryFlags): void {
  if (recovery === null) return;
  const {scheme} = recoveryBlock.readCompat(recovery);
  if (scheme === WORDS_SCHEME)
    throw new RuleError("RECOVERY_PRESENT", "the wallet was made from recovery words, and needs no capsule", {
      hint: "qsdm wallet recovery export writes them out once more",
    });
  if (!replace && !reuse)
    throw new RuleError("RECOVERY_PRESENT", "the wallet has recovery words already", {
      hint: "qsdm wallet recovery export writes them out once more; --replace makes new ones",
    });
}

/** @throws UnavailableError of a node that does not answer; RuleError CAPSULE_OWNER_UNKNOWN */
async function checkAccount(client: Client, {address}: Opened): Promise<void> {
  const {present} = await client.capsuleNonce({sender: address});
  if (!present)
    throw new RuleError("CAPSULE_OWNER_UNKNOWN", `account ${address} never held anything`, {
      hint: "pay something to the account first",
    });
}

interface Bringing {
  readonly client: Client;
  readonly wallet: Opened;
  readonly entropy: Uint8Array;
  readonly locator: string;
}

/** Whether the chain has the capsule now, and it was read back and opened. */
async function bring(io: Io, flags: CreateRecoveryFlags, bringing: Bringing): Promise<boolean> {
  const {client, wallet, entropy} = bringing;
  if (flags.reuse && (await isThere(bringing))) {
    io.note("the chain has the capsule already");
    return true;
  }
  const capsule = sealCapsule(wallet, entropy, {
    randomBytes: io.host.randomBytes,
    createdAt: new Date(io.host.now()).toISOString(),
  });
  const signer = createSigner(wallet.scheme, wallet);
  const {fee: feeDust, confirmTimeout: timeoutMs} = flags;
  if (!(await registerCapsule(io, {client, signer, capsule, feeDust, timeoutMs}))) return false;
  if (await isThere(bringing)) return true;
  throw new UnavailableError(
    "CAPSULE_INCONSISTENT",
    `${client.url} says that a block took the capsule, and shows none`,
    {
      hint: "run it again with --reuse and another --api-url; the keystore is as it was",
    },
  );
}

/** Whether the chain has this wallet's capsule under these words. @throws DecodeError CAPSULE_DAMAGED, CAPSULE_INVALID */
async function isThere({client, wallet, entropy, locator}: Bringing): Promise<boolean> {
  try {
    const {capsule} = await capsuleFrom(client, locator);
    if (capsule.address !== wallet.address) return false;
    const {secretKey, publicKey} = openCapsule(capsule, entropy, wallet.scheme);
    secretKey.fill(0);
    return equalBytes(publicKey, wallet.publicKey);
  } catch (error) {
    if (error instanceof QsdmError && error.code === "CAPSULE_NOT_FOUND") return false;
    throw error;
  }
}

/** Writes the words into the keystore, beside which its old form stays. @throws UsageError KEYSTORE_CHANGED */
async function keepWords(
  io: Io,
  {path, bytes, passphrase}: Opened,
  recovery: {readonly entropy: Uint8Array; readonly locator: string},
): Promise<string> {
  const file = await withRecovery(bytes, recovery, {passphrase, randomBytes: io.host.randomBytes});
  // A block took its time, in which somebody may have given the wallet another passphrase.
  if (!equalBytes(await io.host.disk.read(path, KEYSTORE_MAX_BYTES), bytes))
    throw new UsageError("KEYSTORE_CHANGED", `${path} was changed meanwhile, and stays as it is`, {
      hint: "the chain has the capsule; --reuse writes the words into the keystore",
    });
  const backup = `${path}.pre-recovery-${new Date(io.host.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "")}.bak`;
  await io.writeFile(backup, bytes, {secret: true});
  await io.writeFile(path, file, {force: true, secret: true});
  io.note(`wrote ${path} with the words in it; what it was is in ${backup}`);
  return backup;
}
