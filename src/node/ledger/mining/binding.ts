/**
 * Whose work a solution is. Under the reference a solved header and nonce is good for every address (28.1.7): whoever
 * sees it can put its own name to it.
 *
 * Here the walk itself starts from a digest of the header, the batches, the account to pay and the node that mines, and
 * the final hash covers the same digest. Bound only at the end, one walk could be tried for many nodes at a hash each.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";

const TAG = utf8("qsdm/pow-start/v1\0");

/** What a search is for. */
export interface Binding {
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  /** 32 bytes. */
  readonly batchRoot: Uint8Array;
  readonly minerAddr: string;
  readonly nodeId: string;
}

/** What stands in the header hash's place in the walk and in the pow hash: 32 bytes. */
export const boundStart = ({headerHash, batchRoot, minerAddr, nodeId}: Binding): Uint8Array =>
  sha3(TAG, headerHash, batchRoot, counted(minerAddr), counted(nodeId));

/** With its length before it, so that no two pairs of texts give the same bytes. */
function counted(value: string): Uint8Array {
  const bytes = utf8(value);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}
