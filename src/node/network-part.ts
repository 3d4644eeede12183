/** The network as a part of the node: under which key, for which chain, and who of its peers votes. */
import {randomBytes} from "node:crypto";
import {bytesOfHex, plain} from "../codecs/bytes.js";
import {type Genesis, genesisIdOf} from "../codecs/chain/genesis.js";
import type {VerifySignature} from "../codecs/suite.js";
import {loadMlKem} from "./compute/ml-kem.js";
import {openNetwork} from "./network/open.js";
import type {NetworkOptions} from "./network/options.js";
import type {Network, PeerId} from "./network/port.js";
import type {NetworkMeter} from "./network/ports.js";
import {type Identity, peerIdOf} from "./network/session/certificate.js";
import type {Log} from "./service.js";

export interface NetworkSite {
  readonly options: NetworkOptions;
  readonly genesis: Genesis;
  readonly identity: Identity;
  readonly verifyVote: VerifySignature;
  readonly bookPath: string;
  readonly version: string;
  readonly log: Log;
  nowMs(): number;
  /** Voting keys of the current epoch. */
  voters(): Iterable<Uint8Array>;
  readonly meter: NetworkMeter;
}

export async function createNetwork(site: NetworkSite): Promise<Network> {
  const {options, identity, bookPath, log, nowMs, meter} = site;
  return openNetwork(options, {
    identity,
    network: bytesOfHex(genesisIdOf(site.genesis), 32),
    kem: await loadMlKem(),
    verify: site.verifyVote,
    nowMs,
    randomBytes: (size) => plain(randomBytes(size)),
    log,
    agent: `qsdm/${site.version}`,
    bookPath,
    validators: peersOf(site.voters),
    admits: () => true,
    metrics: meter,
  });
}

/** Peer ids of the voters, hashed once for each key. */
function peersOf(voters: NetworkSite["voters"]): () => ReadonlySet<PeerId> {
  const known = new WeakMap<Uint8Array, PeerId>();
  return () => {
    const ids = new Set<PeerId>();
    for (const key of voters()) {
      const id = known.get(key) ?? peerIdOf(key);
      known.set(key, id);
      ids.add(id);
    }
    return ids;
  };
}
