/** What goes to other nodes and comes from them. */
import {randomBytes} from "node:crypto";
import {plain} from "../codecs/bytes.js";
import {NgcDesk} from "./api/ngc/desk.js";
import {createGossip} from "./gossip-part.js";
import {type NodeKeys, roleOf} from "./keys-part.js";
import type {Ledger} from "./ledger-part.js";
import type {Network} from "./network/port.js";
import {NetworkTally} from "./network/tally.js";
import {createNetwork} from "./network-part.js";
import type {NodeOptions, NodePorts} from "./node.js";
import type {PoolGossip} from "./pool-gossip.js";
import type {Retelling} from "./retelling.js";
import type {Site} from "./site.js";
import {viewOf} from "./view.js";

/** The network with what is counted of it and what is told over it. */
export interface Wire {
  readonly network: Network;
  readonly tally: NetworkTally;
  readonly gossip: PoolGossip;
  readonly retelling: Retelling;
  readonly ngc: NgcDesk | null;
}

export async function createWire({options, ports, dir}: Site, keys: NodeKeys, ledger: Ledger): Promise<Wire> {
  const {chain, intake, desk, relayed} = ledger;
  const {identity, verifyVote} = keys;
  const {log, nowMs, version} = ports;
  const tally = new NetworkTally();
  const network = await createNetwork({
    options: options.network,
    genesis: dir.genesis,
    identity,
    verifyVote,
    bookPath: dir.peersPath,
    version,
    log,
    nowMs,
    voters: () =>
      viewOf(chain)
        .validators()
        .map(({publicKey}) => publicKey),
    meter: tally,
  });
  const ngc = ngcDeskOf(options, ports);
  const isWaiting = (nodeId: string, height: bigint): boolean => intake.hasProof(nodeId, height);
  const {gossip, retelling} = createGossip({
    ...{network, chain, intake, relayed},
    verifyRelayed: (raw) => desk.verifyRelayed(chain.state, raw, isWaiting),
    isOpen: () => ngc?.passPeers() ?? true,
    follows: () => roleOf(keys, chain) === "follower",
  });
  return {network, tally, gossip, retelling, ngc};
}

const ngcDeskOf = ({ngc}: NodeOptions, {nowMs}: NodePorts): NgcDesk | null =>
  ngc === null ? null : new NgcDesk(ngc, {nowMs, randomBytes: (size) => plain(randomBytes(size))});
