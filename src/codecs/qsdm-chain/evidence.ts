/**
 * What QSDM names evidence against a validator by. It holds hashes that anybody can invent (D17), and its fields run
 * into each other where they hold the mark between them, so it is read only where it can be read one way.
 * Source: node specification, section 2.9. Vectors: evidence.vectors.json.
 */

import {textOf, utf8} from "../bytes.js";
import type {Codec} from "../codec.js";
import {parseUint} from "../go/number.js";
import {countOf, refuse} from "./tagged.js";

export interface QsdmEvidence {
  /** `equivocation`, `invalid_vote`, `fork_witness`. */
  readonly type: string;
  readonly validator: string;
  readonly height: bigint;
  readonly round: number;
  /** In the order of their texts. */
  readonly blockHashes: readonly string[];
  readonly details: string;
}

const FORM = /^([^|]*)\|([^|]*)\|([0-9]+)\|([0-9]+)\|\[([^\]|]*)\]\|(.*)$/s;

export const qsdmEvidence: Codec<QsdmEvidence> = {
  encode: (value) => utf8(write(value)),
  decode(bytes) {
    const text = textOf(bytes);
    const [, type, validator, height, round, hashes, details] = FORM.exec(text) ?? refuse("no evidence of QSDM");
    const blockHashes = hashes === "" ? [] : hashes!.split(" ");
    const value: QsdmEvidence = {
      ...{type: type!, validator: validator!, height: parseUint(height!), round: countOf(round!)},
      ...{blockHashes, details: details!},
    };
    if (write(value) !== text) refuse("another spelling of what it says");
    return value;
  },
};

const write = ({type, validator, height, round, blockHashes, details}: QsdmEvidence): string =>
  [type, validator, height, round, `[${[...blockHashes].sort().join(" ")}]`, details].join("|");
