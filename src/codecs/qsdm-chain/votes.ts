/**
 * What QSDM's validators sign in a round, and the texts over which its certificates and proofs of lock are signed. A
 * certificate holds no vote of those that it counts: old data, which is read here and proves nothing.
 * Source: node specification, section 2.8; the reference's pkg/chain. Vectors: bft.vectors.json.
 */
import type {Codec} from "../codec.js";
import {parseUint} from "../go/number.js";
import {countOf, refuse, type Tagged, type TaggedReader, tagged, textForm} from "./tagged.js";

const VOTE_KINDS = ["bft_propose", "bft_prevote", "bft_precommit"] as const;
const VOTE_NAME = "qsdm/bft/v1";

export interface QsdmVote {
  readonly kind: (typeof VOTE_KINDS)[number];
  readonly height: bigint;
  readonly round: number;
  readonly signer: string;
  /** Hash of the block, or `<nil>`. */
  readonly value: string;
  /** Empty where no block is carried. */
  readonly bodyHash: string;
}

export const qsdmVote: Codec<QsdmVote> = textForm(
  ({kind, height, round, signer, value, bodyHash}) =>
    tagged(`${VOTE_NAME}|${kind}|h:${height}|r:${round}`, [
      ["s", signer],
      ["v", value],
      ["b", bodyHash],
    ]),
  (from) => {
    from.mark(`${VOTE_NAME}|`);
    const word = from.until("|");
    const kind = VOTE_KINDS.find((each) => each === word) ?? refuse(`no vote is a ${word}`);
    from.mark("h:");
    const height = parseUint(from.until("|"));
    from.mark("r:");
    const round = countOf(from.until("|"));
    from.mark("s:");
    return {kind, height, round, signer: from.sized(), value: from.value("v"), bodyHash: from.value("b")};
  },
);

export interface QsdmCertificate {
  readonly height: bigint;
  readonly round: number;
  readonly proposer: string;
  readonly blockHash: string;
  readonly commitDigest: string;
  readonly commitCount: number;
  readonly nilCommitCount: number;
  /** In the order of their texts. */
  readonly validators: readonly string[];
}

const position = ({height, round}: {height: bigint; round: number}): Tagged => [
  ["h", `${height}`],
  ["r", `${round}`],
];
const positionOf = (from: TaggedReader) => ({height: parseUint(from.value("h")), round: countOf(from.value("r"))});

/** As many as the text says, as long as they are there. */
function many<T>(count: number, read: () => T): T[] {
  const out: T[] = [];
  while (out.length < count) out.push(read());
  return out;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const CERTIFICATE_NAME = "qsdm/pol/cert/v1";

export const qsdmCertificate: Codec<QsdmCertificate> = textForm(
  (value) => {
    const sorted = [...value.validators].sort(byText);
    return tagged(CERTIFICATE_NAME, [
      ...position(value),
      ["p", value.proposer],
      ["bh", value.blockHash],
      ["cd", value.commitDigest],
      ["cc", `${value.commitCount}`],
      ["nc", `${value.nilCommitCount}`],
      ["vn", `${sorted.length}`],
      ...sorted.map((each) => ["v", each] as const),
    ]);
  },
  (from) => {
    from.mark(CERTIFICATE_NAME);
    return {
      ...positionOf(from),
      proposer: from.value("p"),
      blockHash: from.value("bh"),
      commitDigest: from.value("cd"),
      commitCount: countOf(from.value("cc")),
      nilCommitCount: countOf(from.value("nc")),
      validators: many(countOf(from.value("vn")), () => from.value("v")),
    };
  },
);

export interface QsdmLockProof {
  readonly height: bigint;
  readonly round: number;
  readonly lockedBlockHash: string;
  /** Hash that an earlier lock was for; empty where there was none. */
  readonly carriedFromLock: string;
  /** In the order of validator and hash. */
  readonly prevotes: readonly {readonly validator: string; readonly blockHash: string; readonly round: number}[];
}

const PROOF_NAME = "qsdm/pol/proof/v1";

export const qsdmLockProof: Codec<QsdmLockProof> = textForm(
  (value) => {
    const sorted = [...value.prevotes].sort(
      (a, b) => byText(a.validator, b.validator) || byText(a.blockHash, b.blockHash),
    );
    return tagged(PROOF_NAME, [
      ...position(value),
      ["lb", value.lockedBlockHash],
      ["cf", value.carriedFromLock],
      ["pn", `${sorted.length}`],
      ...sorted.flatMap(
        ({validator, blockHash, round}) =>
          [
            ["pv", validator],
            ["ph", blockHash],
            ["pr", `${round}`],
          ] as const,
      ),
    ]);
  },
  (from) => {
    from.mark(PROOF_NAME);
    return {
      ...positionOf(from),
      lockedBlockHash: from.value("lb"),
      carriedFromLock: from.value("cf"),
      prevotes: many(countOf(from.value("pn")), () => ({
        validator: from.value("pv"),
        blockHash: from.value("ph"),
        round: countOf(from.value("pr")),
      })),
    };
  },
);
