/** A chain of headers that real keys certify, and proofs over it. */
import {blockIdOf, type Certificate, type Header} from "../../src/codecs/chain/block.js";
import type {FinalityProof} from "../../src/codecs/chain/finality.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import type {VerifySignature} from "../../src/codecs/suite.js";
import type {FinalityGround} from "../../src/node/consensus/finality/proof.js";
import {groundOf, newestOf} from "../../src/node/consensus/light/light.js";
import {voteBytes} from "../../src/node/consensus/votes/certificate.js";
import {FinalityDesk} from "../../src/node/finality.js";
import {genesisBlock, genesisTree} from "../../src/node/ledger/chain/genesis.js";
import {lightChainOf} from "../../src/node/light/genesis.js";
import {clusterGenesis, keysOf} from "../node/engine/cluster.js";
import {mlDsa44} from "./accounts.js";

/** What somebody who trusts `genesis` holds proofs against. */
export function genesisGround(genesis: Genesis, verify: VerifySignature): FinalityGround {
  const chain = lightChainOf(genesis);
  return groundOf(chain, newestOf(chain), verify);
}

const QUORUM = [0, 1, 3];

/** Headers above the genesis of four equal validators, one for each of `views`. */
export function headersAt(views: readonly bigint[], genesis: Genesis = clusterGenesis(4)): Header[] {
  const headers: Header[] = [];
  let parent = genesisBlock(genesis).block.header;
  for (const view of views) {
    parent = {...parent, parentId: blockIdOf(parent), height: parent.height + 1n, timeMs: parent.timeMs + 1n, view};
    headers.push(parent);
  }
  return headers;
}

/** Votes of `voters` for a block. */
export function certify({chainId, epoch, height, view, ...rest}: Header, voters = QUORUM): Certificate {
  const vote = {epoch, height, view, blockId: blockIdOf({chainId, epoch, height, view, ...rest})};
  const bytes = voteBytes({chainId, ...vote});
  return {
    ...vote,
    votes: voters.map((validator) => ({validator, signature: mlDsa44.sign(keysOf(validator).secretKey, bytes)})),
  };
}

/** The desk of a node that has `headers`, those up to height `tip` final. */
export function deskOver(headers: readonly Header[], tip: bigint, genesis: Genesis = clusterGenesis(4)): FinalityDesk {
  const at = (height: bigint): Header | null => (height <= tip ? (headers[Number(height) - 1] ?? null) : null);
  const bodyOf = (header: Header) => ({header, transactions: [], proofs: [], coinbase: [], batches: []});
  return new FinalityDesk({
    genesis,
    chain: genesisTree(genesis),
    store: {
      head: () => ({id: "", header: at(tip)!, stateRoot: "", receiptsRoot: ""}),
      header: at,
      epoch: () => null,
      epochFrom: () => null,
      certificate: (height) => {
        const header = at(height);
        return header && certify(header);
      },
    },
    newest: () =>
      headers
        .filter(({height}) => height > tip)
        .map((header) => ({block: bodyOf(header), certificate: certify(header)})),
  });
}

/** The proof of the block at height 1 of a chain with these views. */
export const proofOver = (views: readonly bigint[], genesis?: Genesis): Promise<FinalityProof> =>
  deskOver(headersAt(views, genesis), 1n, genesis).prove(1n);
