/** A custodian that bends one element of what it sends. */
import {concat} from "../../src/codecs/bytes.js";
import {packElements, unpackElements} from "../../src/node/quorum/field/bytes.js";
import {add} from "../../src/node/quorum/field/field.js";
import {isVector} from "../../src/node/quorum/field/vector.js";
import type {Wire} from "../../src/node/quorum/verified/lock-step.js";

/**
 * Custodian 1 moves element `at` that it sends in a round.
 * @param committing round whose messages bring commitments to three challenges, behind what was heard
 */
export const movedShare =
  (committing: number) =>
  (round: number, at: number, by = 5n): Wire =>
  (message, way) => {
    if (way.from !== 1 || way.round !== round) return message;
    const head = (round === committing ? 4 : 1) * 32;
    const start = head + 16 * (at % Math.max(1, (message.length - head) >> 4));
    const block = message.subarray(start, start + 16);
    if (block.length < 16) return message;
    const other = isVector(block, 1)
      ? packElements([add(unpackElements(block)[0]!, by)])
      : block.map((byte) => byte ^ 1);
    return concat(message.subarray(0, start), other, message.subarray(start + 16));
  };
