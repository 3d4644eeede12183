/** The DAG mempool as a part of the node: from what waits to certified batches, and from those to blocks. */
import {equalBytes, hexOf} from "../codecs/bytes.js";
import type {Batch} from "../codecs/dag/batch.js";
import {proofIdOf, readProofCompat} from "../codecs/mining/proof.js";
import type {VerifySignature} from "../codecs/suite.js";
import {QsdmError, UnavailableError} from "../errors.js";
import {BatchDesk} from "./batches/desk.js";
import {BatchFeed} from "./batches/feed.js";
import type {Relayed} from "./batches/relayed.js";
import type {Chain} from "./chain.js";
import type {Intake} from "./intake.js";
import {checkSignature, readTransaction} from "./ledger/chain/transaction.js";
import type {HashAll} from "./ledger/state/hashing.js";
import {dagLimitsOf} from "./mempool/dag/rules.js";
import type {Network} from "./network/port.js";
import type {Identity} from "./network/session/certificate.js";
import type {Log, Timers} from "./service.js";
import type {SignatureDesk} from "./signature-desk.js";
import type {BatchStore} from "./storage/store.js";

export interface BatchesSite {
  readonly chain: Chain;
  readonly intake: Intake;
  readonly relayed: Relayed;
  readonly store: BatchStore;
  /** Null for a validator that is alone. */
  readonly network: Network | null;
  /** The key that this node votes with in epochs in which it is a voter. */
  readonly identity: Identity;
  readonly verifyVote: VerifySignature;
  readonly signatures: Pick<SignatureDesk, "ahead">;
  readonly hashAll?: HashAll;
  readonly clock: Timers;
  /** Least time between two blocks, in milliseconds. */
  readonly minIntervalMs: number;
  nowMs(): bigint;
  readonly log: Log;
  /** A batch can be named from now on. */
  available(): void;
  failed(error: unknown): void;
}

export interface Batches {
  readonly desk: BatchDesk;
  readonly feed: BatchFeed;
}

/** Batches of a block's time: more of them would cost signatures, fewer would wait for the block after the next. */
const BATCHES_OF_INTERVAL = 8;
const PACE_MIN_MS = 5;
/** Longer than a write takes to be final on a quick network, shorter than anybody who waits for the next round minds. */
const JOIN_MAX_MS = 100;

export function createBatches(site: BatchesSite): Batches {
  const {chain, intake, relayed, identity, log, failed} = site;
  const {chainId, limits} = chain.params;
  const desk = new BatchDesk({
    ...site,
    rules: () => ({
      chainId,
      committee: chain.committee,
      verify: site.verifyVote,
      firstRound: 1n,
      self: placeIn(chain, identity),
      readTransaction,
      ...(site.hashAll && {hashAll: site.hashAll}),
      proofIdOf: (raw) => hexOf(proofIdOf(readProofCompat(raw))),
      limits: dagLimitsOf(limits),
    }),
    sign: identity.sign,
    paceMs: Math.max(PACE_MIN_MS, site.minIntervalMs / BATCHES_OF_INTERVAL),
    joinMs: Math.min(JOIN_MAX_MS, site.minIntervalMs / 2),
    offered: (packed) => intake.offered((id) => packed.has(id) || relayed.isOthers(id)),
    came(batch) {
      checkAhead(batch, site).catch(failed);
    },
    oversized(ids) {
      log.warn({ids}, "no batch can hold what waits");
      intake.drop(ids.map((id) => ({id})));
    },
  });
  const feed = new BatchFeed({chain, desk, intake, nowMs: site.nowMs});
  chain.subscribe(() => relayed.sweep());
  return {desk, feed};
}

/** Has the signatures of a batch checked before a block asks for them, which would be on the thread of everything else. */
async function checkAhead(
  {transactions}: Batch,
  {chain, signatures}: Pick<BatchesSite, "chain" | "signatures">,
): Promise<void> {
  const read = transactions.map(readTransaction);
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      // What is wrong with it is for the block to say.
      if (!(error instanceof QsdmError)) throw error;
    }
  };
  try {
    await signatures.ahead((verify) => {
      for (const each of read) attempt(() => checkSignature(chain.state, each, verify));
    });
  } catch (error) {
    // The threads have enough to do, or the node stops: the block asks again.
    if (!(error instanceof UnavailableError)) throw error;
  }
}

function placeIn({committee}: Chain, {publicKey}: Identity): number | null {
  const index = committee.voters.findIndex((each) => equalBytes(each.publicKey, publicKey));
  return index < 0 ? null : index;
}
