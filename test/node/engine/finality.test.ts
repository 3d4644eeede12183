/** Finality proofs out of validators that run. */
import {afterEach, expect, test} from "vitest";
import {blockIdOf} from "../../../src/codecs/chain/block.js";
import {finalityProof} from "../../../src/codecs/chain/finality.js";
import {checkFinality} from "../../../src/node/consensus/finality/proof.js";
import {FinalityDesk} from "../../../src/node/finality.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import {mlDsa44} from "../../support/accounts.js";
import {genesisGround} from "../../support/finality.js";
import {eventually} from "../../support/node.js";
import {Cluster, type Member} from "./cluster.js";

let cluster: Cluster;
afterEach(() => cluster.stop());

/** Number of headers of each proof of `member`, from height 1 to its tip, checked as a stranger would. */
async function checkAll({store, engine, chain}: Member): Promise<readonly number[]> {
  const ground = genesisGround(cluster.genesis, rememberValid(mlDsa44.verify));
  const desk = new FinalityDesk({genesis: cluster.genesis, store, chain, newest: () => engine.newest()});
  const sizes: number[] = [];
  const tip = chain.tip.height;
  for (let height = 1n; height <= tip; height++) {
    const made = await eventually(() => desk.prove(height));
    const proof = finalityProof.decode(finalityProof.encode(made));
    expect(checkFinality(proof, ground).id).toBe(blockIdOf(store.header(height)!));
    sizes.push(proof.headers.length);
  }
  return sizes;
}

test("every block of four validators has a proof, over more headers where one of them was away", async () => {
  cluster = new Cluster(4);
  const members = await Promise.all([0, 1, 2, 3].map((i) => cluster.start(i)));
  const [first] = members;
  await eventually(async () => first!.chain.tip.height >= 3n);
  await members[3]!.stop();
  const from = first!.chain.tip.height;
  await eventually(async () => first!.chain.tip.height >= from + 5n);
  const sizes = await checkAll(first!);
  expect(Math.min(...sizes)).toBe(3);
  expect(Math.max(...sizes)).toBeGreaterThan(3);
});
