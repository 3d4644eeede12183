/**
 * Zstandard for block bodies: Node's own where it has it (22.15, 24), the packaged binding elsewhere. Signatures and
 * keys do not compress; what surrounds them does, and a row that would grow is stored as it is.
 */
import * as zlib from "node:zlib";
import {concat, plain} from "../../../codecs/bytes.js";
import {DecodeError, UnavailableError} from "../../../errors.js";

/** Compresses and restores rows. Both are asynchronous because the packaged binding works on the thread pool. */
export interface Compression {
  readonly name: string;
  pack(row: Uint8Array): Promise<Uint8Array>;
  /** @throws DecodeError ROW_INVALID */
  unpack(row: Uint8Array): Promise<Uint8Array>;
}

type Transform = (bytes: Uint8Array) => Promise<Uint8Array>;

const RAW = Uint8Array.of(0);
const ZSTD = Uint8Array.of(1);
/** Rows below this are mostly digests. */
const MIN_BYTES = 256;

/** Resolved once in a process. */
let packaged: Promise<typeof import("@mongodb-js/zstd")> | undefined;

/** The fastest zstd at hand. @throws UnavailableError ZSTD_UNAVAILABLE */
export async function loadCompression(): Promise<Compression> {
  const native = zlib as unknown as Partial<
    Record<"zstdCompressSync" | "zstdDecompressSync", (bytes: Uint8Array) => Buffer>
  >;
  if (native.zstdCompressSync && native.zstdDecompressSync) {
    const {zstdCompressSync, zstdDecompressSync} = native as Required<typeof native>;
    return framed("node:zlib", {
      pack: async (bytes) => zstdCompressSync(bytes),
      unpack: async (bytes) => zstdDecompressSync(bytes),
    });
  }
  packaged ??= import("@mongodb-js/zstd");
  const {compress, decompress} = await packaged.catch((cause) => {
    throw new UnavailableError("ZSTD_UNAVAILABLE", "zstd's native part is not installed, so no node runs here", {
      hint: "npm install --include=optional brings it; Node 24 has its own",
      cause,
    });
  });
  return framed("@mongodb-js/zstd", {
    pack: (bytes) => compress(Buffer.from(bytes)),
    unpack: (bytes) => decompress(Buffer.from(bytes)),
  });
}

const framed = (name: string, {pack, unpack}: {pack: Transform; unpack: Transform}): Compression => ({
  name,
  async pack(row) {
    if (row.length < MIN_BYTES) return concat(RAW, row);
    const packed = await pack(row);
    return packed.length < row.length ? concat(ZSTD, packed) : concat(RAW, row);
  },
  async unpack(row) {
    const body = row.subarray(1);
    if (row[0] === RAW[0]) return body;
    if (row[0] !== ZSTD[0]) throw new DecodeError("ROW_INVALID", `stored row has form ${row[0]}`);
    return plain(await unpack(body));
  },
});
