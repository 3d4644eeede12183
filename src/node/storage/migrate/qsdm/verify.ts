/** Reads an archive back and holds it to its blocks' own hashes, and to the digests of what was once read. */
import {hexOf} from "../../../../codecs/bytes.js";
import {DecodeError} from "../../../../errors.js";
import type {Compression} from "../../sqlite/compression.js";
import {Anomalies} from "../anomalies.js";
import {type Archive, digestWith, transferBytes} from "./archive.js";
import {BlockCheck} from "./block-check.js";

/** Names what is wrong; empty where nothing is. */
export async function verifyArchive(archive: Archive, compression: Compression): Promise<readonly string[]> {
  const unpack = async (row: Uint8Array): Promise<Uint8Array> => {
    try {
      return await compression.unpack(row);
    } catch (cause) {
      throw new DecodeError("ROW_INVALID", "a stored row cannot be unpacked", {cause});
    }
  };
  return [...(await wrongBlocks(archive, unpack)), ...(await wrongTransfers(archive, unpack))];
}

type Unpack = (row: Uint8Array) => Promise<Uint8Array>;

async function wrongBlocks(archive: Archive, unpack: Unpack): Promise<readonly string[]> {
  const check = new BlockCheck(null, new Anomalies());
  let digest: Uint8Array = new Uint8Array(32);
  try {
    for (const packed of archive.lines()) {
      const line = await unpack(packed);
      check.take(line);
      digest = digestWith(digest, line);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return [check.tip ? `behind block ${check.tip.height}: ${error.message}` : `first block: ${error.message}`];
  }
  return hexOf(digest) === hexOf(archive.checkpoint("blocks").digest) ? [] : ["blocks are not those that were read"];
}

async function wrongTransfers(archive: Archive, unpack: Unpack): Promise<readonly string[]> {
  let digest: Uint8Array = new Uint8Array(32);
  try {
    for (const row of archive.transfers())
      digest = digestWith(digest, transferBytes({...row, data: await unpack(row.data)}));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return [`transfers: ${error.message}`];
  }
  const isSame = hexOf(digest) === hexOf(archive.checkpoint("transfers").digest);
  return isSame ? [] : ["transfers are not those that were read"];
}
