/**
 * The work set of every epoch of a compatible chain: the QSDM reference's three batches of three cells.
 * Source: QSDM mining protocol, section 24.2.
 */
import {type Batch, canonicalWorkSet, type WorkSet} from "../../../codecs/mining/cells.js";
import {workSetRoot} from "../../../codecs/mining/merkle.js";

function batchOf(letter: number): Batch {
  return [0, 1, 2].map((i) => {
    const contentHash = new Uint8Array(32);
    contentHash.set([letter, i, 0xa5]);
    const id = Uint8Array.of(0xc0, 0xff, 0xee, 0x01, letter, i, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0, 0);
    return {id, contentHash};
  });
}

/** In canonical order. */
export const WORK_SET: WorkSet = canonicalWorkSet([..."abc"].map((letter) => batchOf(letter.charCodeAt(0))));
/** 32 bytes. */
export const WORK_SET_ROOT: Uint8Array = workSetRoot(WORK_SET);
