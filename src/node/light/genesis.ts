/** What a light client starts from that has a genesis file and nothing else. */
import {hexOf} from "../../codecs/bytes.js";
import type {Genesis} from "../../codecs/chain/genesis.js";
import type {LightChain} from "../../codecs/chain/light.js";
import {genesisBlock, genesisTree} from "../ledger/chain/genesis.js";
import {chainParamsOf} from "../ledger/params/networks.js";
import {rootOf} from "../ledger/state/tree.js";

/** @throws RuleError GENESIS_INVALID */
export function lightChainOf(genesis: Genesis): LightChain {
  const {id, block} = genesisBlock(genesis);
  const root = hexOf(rootOf(genesisTree(genesis).tree));
  const {rules, validators, blockTimeSeconds} = chainParamsOf(genesis);
  const {timeMs} = block.header;
  return {
    chainId: genesis.chainId,
    quorum: rules.quorum,
    // Whoever is leaving votes up to the end of its epoch, and the time to its stake runs meanwhile.
    maxAgeSeconds: validators.unbondSeconds - Number(validators.epochBlocks) * blockTimeSeconds,
    checkpoints: [{height: 0n, blockId: id, timeMs, epoch: 0n, epochRoot: root, stateRoot: root}],
  };
}
