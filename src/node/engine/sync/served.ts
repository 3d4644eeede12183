/** What others serve, held to what this node knows: headers to the votes for the last one, blocks to their headers. */
import {type Block, blockIdOf, type Certificate, type Header} from "../../../codecs/chain/block.js";
import type {Certified, HeadersAnswer} from "../../../codecs/network/sync.js";
import {ML_DSA_44, type VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {checkCertificate} from "../../consensus/votes/certificate.js";
import type {Committee} from "../../consensus/votes/committee.js";
import {isBodyOf} from "../../ledger/chain/assemble.js";

/** What answers are held against: the voters of the epoch that is asked about. */
export interface SyncGround {
  readonly chainId: string;
  readonly committee: Committee;
  /** ML-DSA-44, with a memory: whoever takes the block looks at its votes again. */
  readonly verify: VerifySignature;
}

/** The final block that headers have to go on from. */
export interface SyncBase {
  readonly id: string;
  readonly height: bigint;
  readonly view: bigint;
}

/** A header whose block is known to be certified. */
export interface Wanted {
  readonly id: string;
  readonly header: Header;
}

/**
 * The headers of an answer with their ids. The votes for the last one are votes for all: its id covers its parent's.
 * @param base what they were asked to go on from
 * @throws RuleError HEADERS_INVALID, CERTIFICATE_INVALID
 */
export function checkHeaders(
  {headers, certificate}: HeadersAnswer,
  base: SyncBase,
  ground: SyncGround,
): readonly Wanted[] {
  const wanted: Wanted[] = [];
  let parent = base;
  for (const header of headers) {
    const {height, view, parentId, epoch, chainId} = header;
    const linked = parentId === parent.id && height === parent.height + 1n && view > parent.view;
    if (!linked) refuse("HEADERS_INVALID", `header ${height} does not go on from block ${parent.height}`);
    if (chainId !== ground.chainId || epoch !== ground.committee.epoch)
      refuse("HEADERS_INVALID", `header ${height} is of ${chainId}, epoch ${epoch}`);
    const id = blockIdOf(header);
    wanted.push({id, header});
    parent = {id, height, view};
  }
  const last = wanted.at(-1);
  if (last && !certificate) return refuse("HEADERS_INVALID", `nobody voted for header ${last.header.height}`);
  if (last) checkVotes(certificate!, last, ground);
  return wanted;
}

/**
 * Holds a block to the header that named it, and its certificate to the voters.
 * @throws RuleError BLOCK_NOT_ASKED, BODY_INVALID, CERTIFICATE_INVALID
 */
export function checkServed({block, certificate}: Certified, wanted: Wanted, ground: SyncGround): void {
  const {height} = wanted.header;
  if (blockIdOf(block.header) !== wanted.id)
    refuse("BLOCK_NOT_ASKED", `block ${height} is not the one that was asked for`);
  if (!isBodyOf(block)) refuse("BODY_INVALID", `block ${height}: the body is not its header's`);
  checkVotes(certificate, wanted, ground);
}

function checkVotes(certificate: Certificate, {id, header}: Wanted, ground: SyncGround): void {
  const {blockId, height, view} = certificate;
  if (blockId !== id || height !== header.height || view !== header.view)
    refuse("CERTIFICATE_INVALID", `the certificate beside block ${header.height} is of another`);
  checkCertificate(certificate, ground);
}

function refuse(code: string, why: string): never {
  throw new RuleError(code, why);
}

const VOTE_BYTES = ML_DSA_44.signatureBytes + 8;
const HEADER_BYTES = 512;
/** Of a coinbase entry, or of a batch. */
const ENTRY_BYTES = 64;

const sum = (items: readonly Uint8Array[]): number => items.reduce((bytes, {length}) => bytes + length + 4, 0);

/** About as many bytes as a block and its certificate take. */
export const roughBytes = ({block, certificate}: {block: Block; certificate: Certificate}): number =>
  HEADER_BYTES +
  sum(block.transactions) +
  sum(block.proofs) +
  ENTRY_BYTES * (block.coinbase.length + block.batches.length) +
  VOTE_BYTES * certificate.votes.length;
