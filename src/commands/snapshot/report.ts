/** A snapshot as the commands print it. */
import {chunksOf} from "../../codecs/chain/snapshot.js";
import type {SnapshotFiles} from "../../node/snapshots/files.js";
import {documentOf} from "../document.js";

export async function reportOf(files: SnapshotFiles) {
  const {manifest, root, directory} = files;
  const {height, blockId, stateRoot} = manifest;
  const sizeBytes = await files.sizeBytes();
  const chunks = chunksOf(manifest).length;
  return {
    document: documentOf({height, root, blockId, stateRoot, chunks, sizeBytes, directory}),
    line: [height, root, sizeBytes, directory],
  };
}
