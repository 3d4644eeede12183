/**
 * The bundle of QSDM's genesis ceremony: everybody commits to 32 bytes, then shows them; their digest is the seed, and
 * everybody signs what came of it. By its own account it is a rehearsal (`dry_run`): keys are Ed25519, participants are
 * made up by whoever runs it, and the last to reveal can choose between two seeds by keeping silent.
 *
 * J-indent JSON, members in the order below, a line feed at the end.
 * Source: node specification, section 18.4. Vectors: ceremony.vectors.json.
 */
import type * as Crypto from "node:crypto";
import {DecodeError} from "../../errors.js";
import {bytesOfHex, concat, hexOf, utf8} from "../bytes.js";
import {indentJson} from "../go/layout.js";
import {readWhole} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goBool, goList, goRaw, goText, goUint32, goUint64} from "../go/types.js";
import {sha3} from "../hash.js";
import {canonicalCodec} from "../json.js";

const paramsWire = goStruct("main.Params", {
  totalSupplyCell: member("total_supply_cell", goUint64),
  treasuryAllocationCell: member("treasury_allocation_cell", goUint64),
  miningEmissionCell: member("mining_emission_cell", goUint64),
  coinDecimals: member("coin_decimals", goUint32),
  smallestUnitName: member("smallest_unit_name", goText()),
  targetBlockTimeSeconds: member("target_block_time_secs", goUint32),
  halvingEveryYears: member("halving_every_years", goUint32),
});

const participantWire = goStruct("main.Participant", {
  id: member("id", goText()),
  /** Ed25519, in hex. */
  publicKey: member("pubkey_hex", goText()),
  commit: member("commit_hex", goText()),
  reveal: optional("reveal_hex", goText()),
  signature: member("signature_hex", goText()),
  /** An object of texts, or null. */
  metadata: optional("metadata", goRaw),
});

const bundleWire = goStruct("main.Bundle", {
  dryRun: member("dry_run", goBool),
  schemaVersion: member("schema_version", goUint32),
  ceremonyId: member("ceremony_id", goText()),
  /** RFC 3339. */
  startedAt: member("started_at", goText()),
  finishedAt: member("finished_at", goText()),
  network: member("network", goText()),
  params: member("params", paramsWire),
  participants: member("participants", goList(participantWire)),
  commitRoot: member("commit_root_hex", goText()),
  revealConcat: member("reveal_concat_hex", goText()),
  genesisSeed: member("genesis_seed_hex", goText()),
  genesisHash: member("genesis_hash_hex", goText()),
  treasuryAddress: member("treasury_address", goText()),
  bundleHash: member("bundle_hash_hex", goText()),
  producedBy: member("produced_by", goText()),
  notes: optional("notes", goList(goText())),
});
export type CeremonyBundle = GoValue<typeof bundleWire>;

/** @throws DecodeError CEREMONY_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const ceremonyBundle = canonicalCodec<CeremonyBundle>({
  what: "ceremony bundle",
  maxBytes: 1_048_576,
  write: (bundle) => `${indentJson(bundleWire.write(bundle, "html"))}\n`,
  read: (bytes) => readWhole(bundleWire, bytes, {code: "CEREMONY_INVALID", prefix: "ceremony bundle: "}),
});

const refuse = (why: string): never => {
  throw new DecodeError("CEREMONY_INVALID", `ceremony bundle: ${why}`);
};

const digestOf = (lines: readonly string[]): string => hexOf(sha3(utf8(lines.map((line) => `${line}\n`).join(""))));

/**
 * Recomputes everything that follows from something else, signatures included.
 * @throws DecodeError CEREMONY_INVALID saying what does not fit
 */
export function checkCeremony(bundle: CeremonyBundle): void {
  const participants = bundle.participants ?? [];
  const {totalSupplyCell, treasuryAllocationCell, miningEmissionCell} = bundle.params;
  if (bundle.schemaVersion !== 1) refuse(`schema version ${bundle.schemaVersion} is not 1`);
  // Nothing but rehearsals ever used this form: what says that it is none is no bundle of QSDM.
  if (!bundle.dryRun) refuse("it does not say that it is a rehearsal");
  if (participants.length < 2) refuse(`${participants.length} participants, a ceremony has at least 2`);
  if (totalSupplyCell !== treasuryAllocationCell + miningEmissionCell) refuse("treasury and mining are not the supply");
  for (const [i, {id}] of participants.entries())
    if (i > 0 && Buffer.compare(utf8(participants[i - 1]!.id), utf8(id)) >= 0) refuse("participants are not in order");
  if (bundle.commitRoot !== digestOf(participants.map(({id, commit}) => `${id}:${commit}`)))
    refuse("commit_root_hex is another");
  const reveals = concat(...participants.map(revealOf));
  if (bundle.revealConcat !== hexOf(reveals)) refuse("reveal_concat_hex is another");
  if (bundle.genesisSeed !== hexOf(sha3(reveals))) refuse("genesis_seed_hex is another");
  if (bundle.genesisHash !== genesisHashOf(bundle)) refuse("genesis_hash_hex is another");
  for (const each of participants)
    if (!isSigned(each, bundle.genesisHash)) refuse(`the signature of ${each.id} does not verify`);
  if (bundle.bundleHash !== bundleHashOf(bundle)) refuse("bundle_hash_hex is another");
}

type Participant = NonNullable<CeremonyBundle["participants"]>[number];

function revealOf({id, reveal, commit}: Participant): Uint8Array {
  const bytes = hex(reveal, 32, `the reveal of ${id}`);
  return hexOf(sha3(bytes)) === commit ? bytes : refuse(`the reveal of ${id} is not what it committed to`);
}

const genesisHashOf = (bundle: CeremonyBundle): string =>
  digestOf([
    `ceremony_id=${bundle.ceremonyId}`,
    `network=${bundle.network}`,
    `treasury_addr=${bundle.treasuryAddress}`,
    `commit_root=${bundle.commitRoot}`,
    `genesis_seed=${bundle.genesisSeed}`,
    `params=${paramsWire.write(bundle.params, "html")}`,
  ]);

const bundleHashOf = ({genesisHash, participants, finishedAt}: CeremonyBundle): string =>
  digestOf([
    `genesis_hash=${genesisHash}`,
    ...(participants ?? []).map(({id, signature}) => `sig:${id}=${signature}`),
    `finished_at=${finishedAt}`,
  ]);

// Loaded when it is wanted: `inspect` knows this form, and must not pay for it on every other file.
const crypto = (): typeof Crypto => process.getBuiltinModule("node:crypto");
/** RFC 8410: what stands before the 32 bytes of a key. */
const SPKI_PREFIX = bytesOfHex("302a300506032b6570032100");

function isSigned({id, publicKey, signature}: Participant, genesisHash: string): boolean {
  const raw = hex(publicKey, 32, `the key of ${id}`);
  const {createPublicKey, verify} = crypto();
  const key = createPublicKey({key: Buffer.from(concat(SPKI_PREFIX, raw)), format: "der", type: "spki"});
  return verify(null, bytesOfHex(genesisHash), key, hex(signature, 64, `the signature of ${id}`));
}

function hex(text: string, size: number, what: string): Uint8Array {
  try {
    return bytesOfHex(text.toLowerCase(), size);
  } catch {
    return refuse(`${what} is not ${size} bytes in hex`);
  }
}
