/** Serves the snapshots of this node to others. */
import {open} from "node:fs/promises";
import {
  OFFERS_MAX,
  PROOF_PIECE_BYTES,
  SNAPSHOT_PART_PROTOCOL,
  SNAPSHOT_REQUEST_MAX_BYTES,
  SNAPSHOTS_PROTOCOL,
  type SnapshotOffer,
  type SnapshotPartRequest,
  snapshotPartRequest,
  snapshotsAnswer,
  snapshotsRequest,
} from "../../codecs/network/snapshots.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import type {Network} from "../network/port.js";
import {SnapshotFiles} from "./files.js";
import {heightsOn, placeOf} from "./shelf.js";

/** Requests of one peer; a part is a megabyte to read and to send. */
const OFFERS_PER_SECOND = 1;
const PARTS_PER_SECOND = 16;

export class SnapshotDesk {
  /** By height: manifests of those that were asked for, which take a while to read. */
  readonly #opened = new Map<bigint, SnapshotFiles>();

  constructor(
    network: Pick<Network, "serve">,
    private readonly shelf: string,
  ) {
    const maxBytes = SNAPSHOT_REQUEST_MAX_BYTES;
    network.serve(
      SNAPSHOTS_PROTOCOL,
      async (body) => {
        snapshotsRequest.decode(body);
        return snapshotsAnswer.encode({offers: await this.#offers()});
      },
      {maxBytes, perSecond: OFFERS_PER_SECOND},
    );
    network.serve(SNAPSHOT_PART_PROTOCOL, (body) => this.#part(snapshotPartRequest.decode(body)), {
      maxBytes,
      perSecond: PARTS_PER_SECOND,
    });
  }

  async #offers(): Promise<readonly SnapshotOffer[]> {
    const heights = (await heightsOn(this.shelf)).slice(-OFFERS_MAX);
    for (const height of this.#opened.keys()) if (!heights.includes(height)) this.#opened.delete(height);
    const offers: SnapshotOffer[] = [];
    for (const height of heights) {
      const files = await this.#files(height).catch((error: unknown) => unreadable(error));
      if (files) offers.push({height, root: files.root});
    }
    return offers;
  }

  /** @throws UnavailableError SNAPSHOT_NOT_HERE */
  async #part({height, root, part, index}: SnapshotPartRequest): Promise<Uint8Array> {
    const files = await this.#files(height).catch((error: unknown) => unreadable(error));
    if (files?.root !== root) throw notHere(height);
    if (part === "manifest") return files.manifestBytes();
    if (part === "proof") return pieceOf(files, index);
    const {headers, state} = files.manifest;
    const count = part === "headers" ? headers.length : part === "state" ? state.length : 1;
    if (index >= count) throw notHere(height);
    return files.packed({kind: part, index, sizeBytes: 0});
  }

  async #files(height: bigint): Promise<SnapshotFiles> {
    const known = this.#opened.get(height);
    if (known) return known;
    const files = await SnapshotFiles.open(placeOf(this.shelf, height));
    if (this.#opened.size < OFFERS_MAX) this.#opened.set(height, files);
    return files;
  }
}

/** A snapshot that is damaged, or has just been removed, is none. */
function unreadable(error: unknown): null {
  if (error instanceof QsdmError) return null;
  throw error;
}

const notHere = (height: bigint): UnavailableError =>
  new UnavailableError("SNAPSHOT_NOT_HERE", `there is no such part of a snapshot of block ${height}`);

/** Longest proof that is served, in pieces. */
const PIECES_MAX = 1_024;

/** Bytes of the file from a piece's start on, as many as it has. @throws UnavailableError SNAPSHOT_NOT_HERE */
async function pieceOf({manifest: {height}, proofPath}: SnapshotFiles, index: number): Promise<Uint8Array> {
  if (index >= PIECES_MAX) throw notHere(height);
  const handle = await open(proofPath, "r").catch(() => {
    throw notHere(height);
  });
  try {
    const from = index * PROOF_PIECE_BYTES;
    const {size} = await handle.stat();
    // No more memory than there is to tell: whoever asks behind the end gets nothing.
    const piece = new Uint8Array(Math.min(PROOF_PIECE_BYTES, Math.max(0, size - from)));
    let end = 0;
    for (let read = 1; read > 0 && end < piece.length; end += read)
      ({bytesRead: read} = await handle.read(piece, end, piece.length - end, from + end));
    return piece.subarray(0, end);
  } finally {
    await handle.close();
  }
}
