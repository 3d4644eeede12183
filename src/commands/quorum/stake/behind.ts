/** Which client's key a command is about, and what a node says is behind it. */
import type {Command} from "commander";
import {
  QUORUM_STAKE_STORE,
  type QuorumStakeRecord,
  quorumKeyOf,
  quorumStakeRecord,
} from "../../../codecs/chain/quorum-stake.js";
import {cardFile} from "../../../codecs/quorum/strict/roster.js";
import {RuleError, UsageError} from "../../../errors.js";
import {KEY_FILE_MAX_BYTES, parseSeedFile} from "../../../node/keys/key-file.js";
import type {Io} from "../../io.js";
import {type StateReader, stateValueAt} from "../state-value.js";

export interface NamedKeyFlags {
  readonly key?: string | undefined;
  readonly card?: string | undefined;
}

export const addNamedKeyFlags = (command: Command): Command =>
  command
    .argument("[digest]", "the client's key, as qsdm quorum stake add prints it: 64 hex digits")
    .option("--card <path>", "the client's card, in place of the digest")
    .option("--key <path>", "the client's key file, in place of the digest");

/** A client's key that signs. */
export interface ClientKey {
  /** ML-DSA-87. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** The key of a file of `quorum identity create`. @throws DecodeError */
export async function clientKeyIn(io: Io, path: string): Promise<ClientKey> {
  const seed = parseSeedFile(await io.readFile(path, {flag: "--key", maxBytes: KEY_FILE_MAX_BYTES}));
  const {Party} = await import("../../../node/custody/party.js");
  const {loadPartySuite} = await import("../../../node/quorum-strict.js");
  const party = new Party(seed, await loadPartySuite());
  return {publicKey: party.signingKey, sign: (message) => party.sign(message)};
}

const CARD_MAX_BYTES = 64 * 1024;
const DIGEST = /^[0-9a-f]{64}$/;

/** The digest of the key that exactly one of argument and flags names. @throws UsageError CLIENT_REQUIRED, DIGEST_INVALID */
export async function namedKey(io: Io, digest: string | undefined, {key, card}: NamedKeyFlags): Promise<string> {
  if ([digest, key, card].filter((each) => each !== undefined).length !== 1)
    throw new UsageError("CLIENT_REQUIRED", "say whose stake it is, once", {
      hint: "name the digest of the client's key, --card FILE or --key FILE",
    });
  if (key !== undefined) return quorumKeyOf((await clientKeyIn(io, key)).publicKey);
  if (card !== undefined) {
    const bytes = await io.readFile(card, {flag: "--card", maxBytes: CARD_MAX_BYTES});
    return quorumKeyOf(cardFile.decode(bytes).signingKey);
  }
  if (DIGEST.test(digest!)) return digest!;
  throw new UsageError("DIGEST_INVALID", `"${digest}" is not the digest of a key`, {
    hint: "qsdm quorum stake add prints it: 64 lowercase hex digits",
  });
}

/** What the node's newest final state has behind a key; null where that is nothing. The node is believed. */
export async function behindKey(
  client: StateReader,
  key: string,
): Promise<{readonly record: QuorumStakeRecord | null; readonly height: bigint}> {
  const {value, height} = await stateValueAt(client, {store: QUORUM_STAKE_STORE, key});
  return {record: value ? quorumStakeRecord.decode(value) : null, height};
}

/** @throws RuleError QUORUM_STAKE_NOT_OWNER */
export function checkOwner(record: QuorumStakeRecord | null, key: string, sender: string): void {
  if (record && record.owner !== sender)
    throw new RuleError("QUORUM_STAKE_NOT_OWNER", `${record.owner} staked on ${key}, not ${sender}`, {
      hint: "sign with the keystore that staked: --in FILE",
    });
}
