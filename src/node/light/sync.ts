/**
 * Brings a light client's newest block level with the best of several nodes, none of which is trusted: each one's word
 * is held to its proof, and nodes that prove different things are held against each other.
 */
import type {FinalityProof, StateProof} from "../../codecs/chain/finality.js";
import type {Checkpoint, LightChain} from "../../codecs/chain/light.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {checkpointOf, checkState, extended, forked, newestOf} from "../consensus/light/light.js";

/** A node that is asked. What it throws is its answer. */
export interface LightSource {
  readonly name: string;
  /** Height that it calls its newest final one. */
  tip(): Promise<bigint>;
  finality(height: bigint): Promise<FinalityProof>;
  state(store: string, key: string): Promise<StateProof>;
}

/** What became of one source. */
export interface SourceVerdict {
  readonly name: string;
  /** `lied`: what it said does not hold; it is not asked again. `behind`: it knows nothing newer than this client. */
  readonly verdict: "verified" | "behind" | "lied" | "unavailable";
  readonly height: bigint | null;
  readonly blockId: string | null;
  /** Why, where it lied or is unavailable. */
  readonly code: string | null;
  readonly reason: string | null;
}

export interface LightPorts {
  readonly sources: readonly LightSource[];
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
  sleep(ms: number): Promise<void>;
  /** Hears of each source as it is done with. */
  told(verdict: SourceVerdict): void;
}

export interface Synced {
  readonly chain: LightChain;
  readonly sources: readonly SourceVerdict[];
}

/** A proof of the newest block can be a block or two away. */
const PENDING_TRIES = 5;
const PENDING_PAUSE_MS = 500;

interface Found {
  readonly source: LightSource;
  readonly checkpoint: Checkpoint;
}

/**
 * `chain` brought to the newest block that any source proves.
 * @throws RuleError CHAIN_FORKED, SOURCES_LIED; UnavailableError SOURCES_UNAVAILABLE
 */
export async function syncLight(chain: LightChain, ports: LightPorts): Promise<Synced> {
  const verdicts: SourceVerdict[] = [];
  const tell = (verdict: SourceVerdict): void => {
    verdicts.push(verdict);
    ports.told(verdict);
  };
  const asked = ports.sources.map((source) => whole(source, tell, () => newestFrom(source, chain, ports)));
  let found = (await Promise.all(asked)).filter((each) => each !== null);
  for (;;) {
    const best = found.reduce<Found | null>((a, b) => (a && a.checkpoint.height >= b.checkpoint.height ? a : b), null);
    if (!best) break;
    const agreed = await whole(best.source, tell, () => holdAgainst(best, found, chain, ports));
    if (!agreed) {
      found = found.filter((each) => each !== best);
      continue;
    }
    for (const {source, checkpoint} of found) tell(verdictOf(source, checkpoint, chain));
    return {chain: extended(chain, best.checkpoint), sources: verdicts};
  }
  throw nobody(verdicts);
}

/**
 * What the state holds under a key, from the first source that proves it after a block not older than the newest
 * verified one.
 * @throws RuleError CHAIN_FORKED, SOURCES_LIED; UnavailableError SOURCES_UNAVAILABLE
 */
export async function readState(
  chain: LightChain,
  at: {readonly store: string; readonly key: string},
  ports: LightPorts,
): Promise<Synced & {readonly checkpoint: Checkpoint; readonly value: Uint8Array | null}> {
  const verdicts: SourceVerdict[] = [];
  const tell = (verdict: SourceVerdict): void => {
    verdicts.push(verdict);
    ports.told(verdict);
  };
  for (const source of ports.sources) {
    const read = await whole(source, tell, async () => {
      const proof = await patient(() => source.state(at.store, at.key), ports);
      return checkState(chain, at, proof, ports.verify);
    });
    if (!read) continue;
    tell(verdictOf(source, read.checkpoint, chain));
    if (read.checkpoint.height >= newestOf(chain).height)
      return {...read, chain: extended(chain, read.checkpoint), sources: verdicts};
  }
  throw nobody(verdicts);
}

/** The newest final block that `source` proves. */
async function newestFrom(source: LightSource, chain: LightChain, ports: LightPorts): Promise<Found> {
  const height = await source.tip();
  const known = newestOf(chain);
  // Block 0 is the genesis itself, which has no proof.
  if (height < known.height || height === 0n) return {source, checkpoint: {...known, height}};
  return {source, checkpoint: await provenAt(source, height, chain, ports)};
}

async function provenAt(
  source: LightSource,
  height: bigint,
  chain: LightChain,
  ports: LightPorts,
): Promise<Checkpoint> {
  const proof = await patient(() => source.finality(height), ports);
  const checkpoint = checkpointOf(chain, proof, ports.verify);
  if (checkpoint.height !== height)
    throw new RuleError("FINALITY_INVALID", `asked about block ${height}, it proves block ${checkpoint.height}`);
  return checkpoint;
}

/** Holds the best source's word to what every other one proved. @throws RuleError CHAIN_FORKED */
async function holdAgainst(best: Found, others: readonly Found[], chain: LightChain, ports: LightPorts): Promise<true> {
  const floor = newestOf(chain).height;
  for (const {checkpoint} of others) {
    if (checkpoint.height <= floor) continue;
    const {height, blockId} = checkpoint;
    const own = height === best.checkpoint.height ? best.checkpoint : await provenAt(best.source, height, chain, ports);
    if (own.blockId !== blockId) throw forked(height, own.blockId, blockId);
  }
  return true;
}

/** What `work` gives, or `null` when the source failed it, which is told. */
async function whole<T>(
  source: LightSource,
  tell: (verdict: SourceVerdict) => void,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    // A fork is not one source's lie: both of them proved what they said.
    const rule = error instanceof RuleError;
    if (!(error instanceof QsdmError) || (rule && error.code === "CHAIN_FORKED")) throw error;
    const lied = rule || error instanceof DecodeError;
    const {code, message: reason} = error;
    tell({name: source.name, verdict: lied ? "lied" : "unavailable", height: null, blockId: null, code, reason});
    return null;
  }
}

async function patient<T>(work: () => Promise<T>, {sleep}: LightPorts): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QsdmError) || error.code !== "FINALITY_PENDING" || tries === PENDING_TRIES) throw error;
      await sleep(PENDING_PAUSE_MS);
    }
  }
}

function verdictOf({name}: LightSource, {height, blockId}: Checkpoint, chain: LightChain): SourceVerdict {
  const behind = height < newestOf(chain).height;
  const told = {name, height, code: null, reason: null};
  return behind ? {...told, verdict: "behind", blockId: null} : {...told, verdict: "verified", blockId};
}

function nobody(verdicts: readonly SourceVerdict[]): QsdmError {
  const why = verdicts.map(({name, verdict, height, reason}) => `${name}: ${reason ?? `${verdict} at ${height}`}`);
  const details = {sources: verdicts};
  if (verdicts.some(({verdict}) => verdict === "lied"))
    return new RuleError("SOURCES_LIED", `no source proves what it says: ${why.join("; ")}`, {
      hint: "name other nodes with --source",
      details,
    });
  return new UnavailableError("SOURCES_UNAVAILABLE", `no source answers with anything new: ${why.join("; ")}`, {
    hint: "name other nodes with --source, or try again later",
    details,
  });
}
