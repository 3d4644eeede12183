/** Proofs of this node's blocks, state and epochs. */
import type {Certificate, Header} from "../codecs/chain/block.js";
import {
  FINALITY_HEADERS_MAX,
  type FinalityProof,
  type StateProof,
  type ValidatorSetProof,
} from "../codecs/chain/finality.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import {RuleError, UnavailableError, UsageError} from "../errors.js";
import {isThreeChain} from "./consensus/finality/proof.js";
import {proveValidators} from "./consensus/finality/validator-set.js";
import {genesisTree} from "./ledger/chain/genesis.js";
import {pathOf, type State, valueHashOf} from "./ledger/state/state.js";
import {ALL_STORES, EPOCH_KEY, epochs} from "./ledger/state/stores.js";
import {proveLeaf, type TreeNode} from "./ledger/state/tree.js";
import type {LedgerStore} from "./storage/store.js";

export interface FinalityPorts {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, "header" | "certificate" | "head" | "epoch" | "epochFrom">;
  /** The state after the newest final block. */
  readonly chain: {readonly state: State; readonly tree: TreeNode};
  /** Certified blocks above the final one, in order of height. */
  newest(): readonly {readonly block: {readonly header: Header}; readonly certificate: Certificate}[];
}

/** A certified block, on disk or above it. */
interface Certified {
  readonly header: Header;
  certificate(): Promise<Certificate>;
}

export class FinalityDesk {
  #genesisSet: ValidatorSetProof | null = null;

  constructor(private readonly ports: FinalityPorts) {}

  /**
   * The proof that the block at `height` is final.
   * @throws UsageError FINALITY_OF_GENESIS; RuleError BLOCK_NOT_FOUND, BLOCK_PRUNED, FINALITY_TOO_LONG; UnavailableError
   * FINALITY_PENDING
   */
  async prove(height: bigint): Promise<FinalityProof> {
    const {store, newest} = this.ports;
    const tip = store.head()!.header.height;
    if (height === 0n)
      throw new UsageError("FINALITY_OF_GENESIS", "block 0 is the genesis, which nobody votes for", {
        hint: "compare the genesis file itself",
      });
    if (height > tip) throw new RuleError("BLOCK_NOT_FOUND", `no block at height ${height}, the tip is ${tip}`);
    // Without an await between, so that the two fit together.
    const branch = this.#branch(height, newest());
    const certificates = await Promise.all(branch.slice(-3).map((each) => each.certificate()));
    const headers = branch.map(({header}) => header);
    return {headers, certificates, validatorSet: this.#validators(headers[0]!.epoch)};
  }

  /**
   * What `key` of `store` holds after the newest final block.
   * @throws RuleError STATE_STORE_UNKNOWN; as `prove` says, UsageError FINALITY_OF_GENESIS before the first block
   */
  async proveState(store: string, key: string): Promise<StateProof> {
    const known = ALL_STORES.get(store);
    if (!known)
      throw new RuleError("STATE_STORE_UNKNOWN", `the state has no store ${store}`, {
        hint: `it has ${[...ALL_STORES.keys()].join(", ")}`,
      });
    // Without an await between, so that value, path and block are of one state.
    const {state, tree} = this.ports.chain;
    const held = state.get(known, key);
    const value = held === undefined ? null : known.codec.encode(held);
    const {siblings, leaf} = proveLeaf(tree, pathOf(store, key));
    const finality = await this.prove(this.ports.store.head()!.header.height);
    return {store, key, value, siblings, leaf, finality};
  }

  /**
   * The step from the epoch before into `number`: what the state says of the epoch after the block that it goes on from.
   * @throws RuleError EPOCH_NOT_FOUND; as `prove` says
   */
  async proveEpoch(number: bigint): Promise<StateProof> {
    const row = this.ports.store.epoch(number);
    if (!row)
      throw new RuleError("EPOCH_NOT_FOUND", `no epoch ${number} began here`, {
        hint: "epoch 0 begins with the genesis; each block names its epoch",
      });
    const {originHeight, siblings} = row;
    const value = epochs.codec.encode({number, originHeight});
    const leaf = {path: pathOf(epochs.name, EPOCH_KEY), valueHash: valueHashOf(value)};
    return {store: epochs.name, key: EPOCH_KEY, value, siblings, leaf, finality: await this.prove(originHeight)};
  }

  /** Blocks of the epoch from `height` on, those that closed it behind its last one. */
  *#from(height: bigint, newest: ReturnType<FinalityPorts["newest"]>): Generator<Certified> {
    const {store} = this.ports;
    for (let at = height; ; at++) {
      const header = store.header(at);
      if (!header) break;
      yield {header, certificate: () => this.#certificate(at)};
      const next = store.epochFrom(at);
      if (!next) continue;
      for (const {block, certificate} of next.closing)
        yield {header: block.header, certificate: async () => certificate};
      return;
    }
    for (const {block, certificate} of newest) yield {header: block.header, certificate: async () => certificate};
  }

  /** @throws RuleError BLOCK_PRUNED */
  async #certificate(height: bigint): Promise<Certificate> {
    const certificate = await this.ports.store.certificate(height);
    if (certificate) return certificate;
    throw new RuleError("BLOCK_PRUNED", `the votes for block ${height} were pruned here`, {
      hint: "prove a later block, which has this one among its ancestors, or ask an archive node",
    });
  }

  /** Blocks from `height` on that end with three in views without a gap. */
  #branch(height: bigint, newest: ReturnType<FinalityPorts["newest"]>): readonly Certified[] {
    const branch: Certified[] = [];
    for (const next of this.#from(height, newest)) {
      branch.push(next);
      if (isThreeChain(branch.slice(-3).map(({header}) => header))) return branch;
      if (branch.length === FINALITY_HEADERS_MAX) break;
    }
    if (branch.length < FINALITY_HEADERS_MAX)
      throw new UnavailableError("FINALITY_PENDING", `the blocks that prove block ${height} final are not here yet`, {
        hint: "ask again after the next blocks",
      });
    throw new RuleError(
      "FINALITY_TOO_LONG",
      `a proof of block ${height} needs more than ${FINALITY_HEADERS_MAX} headers: so many views were given up after it`,
      {hint: "prove a later block, which has this one among its ancestors"},
    );
  }

  #validators(epoch: bigint): ValidatorSetProof {
    if (epoch > 0n) return this.ports.store.epoch(epoch)!.validatorSet;
    if (!this.#genesisSet) {
      const {state, tree} = genesisTree(this.ports.genesis);
      this.#genesisSet = proveValidators(state, tree);
    }
    return this.#genesisSet;
  }
}
