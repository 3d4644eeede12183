/** Nodes that a light client asks, and what becomes of each: one fails by itself, and is told apart from one that lies. */
import type {FinalityProof, StateProof} from "../../codecs/chain/finality.js";
import type {Checkpoint, LightChain} from "../../codecs/chain/light.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {enterEpoch, newestOf} from "../consensus/light/light.js";

/** A node that is asked. What it throws is its answer. */
export interface LightSource {
  readonly name: string;
  /** Height that it calls its newest final one. */
  tip(): Promise<bigint>;
  finality(height: bigint): Promise<FinalityProof>;
  /** The step into an epoch, by its number. */
  epoch(number: bigint): Promise<StateProof>;
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
  /** Hears of each epoch as it is entered, so that nobody has to go a long way twice. */
  entered(chain: LightChain): Promise<void>;
}

export interface Synced {
  readonly chain: LightChain;
  readonly sources: readonly SourceVerdict[];
}

/** `ports` that keep what they are told beside telling it. */
export function keepVerdicts(ports: LightPorts): LightPorts & {readonly verdicts: readonly SourceVerdict[]} {
  const verdicts: SourceVerdict[] = [];
  const told = (verdict: SourceVerdict): void => {
    verdicts.push(verdict);
    ports.told(verdict);
  };
  return {...ports, told, verdicts};
}

/** A proof of the newest block can be a block or two away. */
const PENDING_TRIES = 5;
const PENDING_PAUSE_MS = 500;

/** Whether `proof` is of an epoch that was not entered yet. */
export const isAhead = ({headers}: FinalityProof, chain: LightChain): boolean =>
  headers.length > 0 && headers[0]!.epoch > newestOf(chain).epoch;

/** The next epoch as `source` proves it, by the last block before it. */
export async function nextEpoch(source: LightSource, chain: LightChain, ports: LightPorts): Promise<Checkpoint> {
  const step = await source.epoch(newestOf(chain).epoch + 1n);
  return enterEpoch(chain, step, ports.verify);
}

/** What `work` gives, or `null` when the source failed it, which is told. */
export async function whole<T>(source: LightSource, {told}: LightPorts, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    // A fork is not one source's lie: both of them proved what they said.
    const rule = error instanceof RuleError;
    if (!(error instanceof QsdmError) || (rule && error.code === "CHAIN_FORKED")) throw error;
    const lied = rule || error instanceof DecodeError;
    const {code, message: reason} = error;
    told({name: source.name, verdict: lied ? "lied" : "unavailable", height: null, blockId: null, code, reason});
    return null;
  }
}

export async function patient<T>(work: () => Promise<T>, {sleep}: LightPorts): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QsdmError) || error.code !== "FINALITY_PENDING" || tries === PENDING_TRIES) throw error;
      await sleep(PENDING_PAUSE_MS);
    }
  }
}

export function verdictOf({name}: LightSource, {height, blockId}: Checkpoint, chain: LightChain): SourceVerdict {
  const behind = height < newestOf(chain).height;
  const told = {name, height, code: null, reason: null};
  return behind ? {...told, verdict: "behind", blockId: null} : {...told, verdict: "verified", blockId};
}

/** Why nothing came of any of them. */
export function nobody(verdicts: readonly SourceVerdict[]): QsdmError {
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
