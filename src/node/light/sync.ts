/**
 * Brings a light client's newest block level with the best of several nodes, none of which is trusted: each one's word
 * is held to its proof, and nodes that prove different things are held against each other.
 */
import type {FinalityProof} from "../../codecs/chain/finality.js";
import type {Checkpoint, LightChain} from "../../codecs/chain/light.js";
import {RuleError} from "../../errors.js";
import {checkpointOf, endedTwice, extended, forked, newestOf} from "../consensus/light/light.js";
import {
  isAhead,
  keepVerdicts,
  type LightPorts,
  type LightSource,
  nextEpoch,
  nobody,
  patient,
  type Synced,
  verdictOf,
  whole,
} from "./source.js";

/** A source, and what it proved to be its newest block, which can be epochs ahead. */
interface Asked {
  readonly source: LightSource;
  readonly height: bigint;
  /** Null where it is not newer than what is known. */
  readonly proof: FinalityProof | null;
}

interface Found extends Asked {
  readonly checkpoint: Checkpoint;
  /** Whether the checkpoint is the end of an epoch, and the source is beyond it. */
  readonly goesOn: boolean;
}

/**
 * `chain` brought to the newest block that any source proves, epoch by epoch: all sources that are beyond the end of an
 * epoch have to agree on it before it is entered.
 * @throws RuleError CHAIN_FORKED, SOURCES_LIED; UnavailableError SOURCES_UNAVAILABLE
 */
export async function syncLight(chain: LightChain, ports: LightPorts): Promise<Synced> {
  const kept = keepVerdicts(ports);
  const asked = kept.sources.map((source) => whole(source, kept, () => ask(source, chain, kept)));
  let open: readonly Asked[] = (await Promise.all(asked)).filter((each) => each !== null);
  const arrived: Found[] = [];
  let reached = chain;
  while (open.length > 0) {
    const step = await stepWith(open, reached, kept);
    if (!step) break;
    arrived.push(...step.found.filter(({goesOn}) => !goesOn));
    open = step.found.filter(({goesOn}) => goesOn);
    reached = extended(reached, step.checkpoint);
    if (open.length > 0) await kept.entered(reached);
  }
  if (arrived.length === 0) throw nobody(kept.verdicts);
  for (const {source, checkpoint} of arrived) kept.told(verdictOf(source, checkpoint, chain));
  return {chain: reached, sources: kept.verdicts};
}

/** What `open` agree on within the newest epoch or at its end; null when all of them failed. */
async function stepWith(
  open: readonly Asked[],
  chain: LightChain,
  ports: LightPorts,
): Promise<{readonly found: readonly Found[]; readonly checkpoint: Checkpoint} | null> {
  const placed = open.map((each) => whole(each.source, ports, () => placeOf(each, chain, ports)));
  let found = (await Promise.all(placed)).filter((each) => each !== null);
  for (;;) {
    const best = found.reduce<Found | null>((a, b) => (a && !isFurther(b, a) ? a : b), null);
    if (!best) return null;
    if (await whole(best.source, ports, () => holdAgainst(best, found, chain, ports)))
      return {found, checkpoint: best.checkpoint};
    found = found.filter((each) => each !== best);
  }
}

/** Who is beyond the end of the epoch is further than who is in it. */
const isFurther = (a: Found, b: Found): boolean =>
  a.goesOn === b.goesOn ? a.checkpoint.height > b.checkpoint.height : a.goesOn;

/** The newest final block of `source`, with a proof that is not checked yet. */
async function ask(source: LightSource, chain: LightChain, ports: LightPorts): Promise<Asked> {
  const height = await source.tip();
  // Block 0 is the genesis itself, which has no proof.
  const isOld = height < newestOf(chain).height || height === 0n;
  return {source, height, proof: isOld ? null : await patient(() => source.finality(height), ports)};
}

/** Its newest final block where that is in the newest epoch, or the end of that epoch. */
async function placeOf(asked: Asked, chain: LightChain, ports: LightPorts): Promise<Found> {
  const {source, height, proof} = asked;
  if (!proof) return {...asked, checkpoint: {...newestOf(chain), height}, goesOn: false};
  if (!isAhead(proof, chain)) return {...asked, checkpoint: provenBy(proof, height, chain, ports), goesOn: false};
  return {...asked, checkpoint: await nextEpoch(source, chain, ports), goesOn: true};
}

function provenBy(proof: FinalityProof, height: bigint, chain: LightChain, {verify}: LightPorts): Checkpoint {
  const checkpoint = checkpointOf(chain, proof, verify);
  if (checkpoint.height !== height)
    throw new RuleError("FINALITY_INVALID", `asked about block ${height}, it proves block ${checkpoint.height}`);
  return checkpoint;
}

/** Holds the best source's word to what every other one proved. @throws RuleError CHAIN_FORKED */
async function holdAgainst(best: Found, others: readonly Found[], chain: LightChain, ports: LightPorts): Promise<true> {
  const floor = newestOf(chain).height;
  const end = best.checkpoint.height;
  for (const {checkpoint, goesOn} of others) {
    const {height, blockId} = checkpoint;
    if (height <= floor) continue;
    if (best.goesOn && (height > end || (goesOn && height < end))) throw endedTwice(newestOf(chain).epoch, end, height);
    const own =
      height === end
        ? best.checkpoint
        : provenBy(await patient(() => best.source.finality(height), ports), height, chain, ports);
    if (own.blockId !== blockId) throw forked(height, own.blockId, blockId);
  }
  return true;
}
