/** Reads the state of a chain through nodes that are not trusted. */
import type {FinalityProof} from "../../codecs/chain/finality.js";
import type {Checkpoint, LightChain} from "../../codecs/chain/light.js";
import {checkState, extended, newestOf} from "../consensus/light/light.js";
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
  const kept = keepVerdicts(ports);
  let reached = chain;
  for (const source of kept.sources) {
    const proof = await whole(source, kept, () => patient(() => source.state(at.store, at.key), kept));
    if (!proof) continue;
    reached = await goTo(proof.finality, source, reached, kept);
    if (isAhead(proof.finality, reached)) continue;
    const read = await whole(source, kept, async () => checkState(reached, at, proof, kept.verify));
    if (!read) continue;
    kept.told(verdictOf(source, read.checkpoint, reached));
    if (read.checkpoint.height >= newestOf(reached).height)
      return {...read, chain: extended(reached, read.checkpoint), sources: kept.verdicts};
  }
  throw nobody(kept.verdicts);
}

/** `chain` in the epoch of `proof`, or as far as `source` proves the steps there. */
async function goTo(
  proof: FinalityProof,
  source: LightSource,
  chain: LightChain,
  ports: LightPorts,
): Promise<LightChain> {
  let reached = chain;
  while (isAhead(proof, reached)) {
    const end = await whole(source, ports, () => nextEpoch(source, reached, ports));
    if (!end) break;
    reached = extended(reached, end);
    await ports.entered(reached);
  }
  return reached;
}
