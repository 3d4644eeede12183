/** How what one node took reaches those who make batches. */

import type {Relayed} from "./batches/relayed.js";
import type {Chain} from "./chain.js";
import type {Intake} from "./intake.js";
import type {AcceptedProof} from "./ledger/chain/run.js";
import type {Network} from "./network/port.js";
import {PoolGossip} from "./pool-gossip.js";
import {Retelling} from "./retelling.js";

export interface GossipSite {
  readonly network: Network;
  readonly chain: Pick<Chain, "subscribe">;
  readonly intake: Intake;
  readonly relayed: Relayed;
  /** Checks a proof that a peer took, by the rules of blocks. @throws RuleError, DecodeError */
  verifyRelayed(raw: Uint8Array): AcceptedProof;
  /** Whether the operator lets peers' transactions in now. */
  isOpen(): boolean;
  /** Whether this node makes no batches now. */
  follows(): boolean;
}

export interface Gossip {
  readonly gossip: PoolGossip;
  readonly retelling: Retelling;
}

export function createGossip({network, chain, intake, relayed, follows, ...site}: GossipSite): Gossip {
  const gossip = new PoolGossip({
    network,
    tells: follows,
    isOpen: () => site.isOpen(),
    async takeTransaction(bytes) {
      const {txId} = await intake.relay(bytes);
      relayed.note(txId);
    },
    async takeProof(bytes) {
      const {proofIdHex} = await intake.submitProof(bytes, (raw) => site.verifyRelayed(raw));
      relayed.note(proofIdHex);
    },
  });
  const retelling = new Retelling({network, follows, bytesOf: (id) => intake.waitingBytes(id)});
  chain.subscribe(() => retelling.committed());
  return {gossip, retelling};
}
