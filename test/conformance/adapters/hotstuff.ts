/** `hotstuff-scenarios.json` of QBIND: blocks and votes in order, through the step that our nodes run. */
import type {Effect} from "../../../src/node/consensus/hotstuff/state.js";
import type {Adapters, Input, Output} from "../case.js";
import {blockIdOf, GENESIS, GENESIS_CERTIFICATE, Node, SIGNATURE, Validators} from "./qbind-validators.js";

/** A follower that is told of blocks and votes, and can be asked what it would vote for. */
class Scenario {
  readonly #names = new Map<string, string>();
  readonly #heights = new Map([[GENESIS.id, 0n]]);
  readonly #log: string[] = [];
  readonly #validators: Validators;
  readonly #node: Node;
  #equivocations = 0;

  constructor(input: Input) {
    this.#validators = new Validators(input.objects("validators"));
    this.#node = new Node(this.#validators.begin());
  }

  run(step: Input): Output {
    const op = step.text("op");
    const seen = op === "block" ? this.#block(step) : op === "vote" ? this.#vote(step) : this.#safe(step);
    const {lockedView, lockedBlockId} = this.#node.state.safety;
    const {root} = this.#node.state;
    return {
      ...seen,
      lockedView: lockedView === 0n ? null : Number(lockedView),
      lockedBlock: this.#names.get(lockedBlockId) ?? null,
      committed: this.#names.get(root.id) ?? null,
      committedHeight: root === GENESIS ? null : Number(root.height) - 1,
      commitLog: [...this.#log],
      equivocations: this.#equivocations,
    };
  }

  #block(step: Input): {readonly [name: string]: Output} {
    const {committee} = this.#validators;
    const name = step.text("id");
    const id = blockIdOf(name);
    const view = step.big("view");
    const parentId = step.has("parent") ? blockIdOf(step.text("parent")) : GENESIS.id;
    // The reference counts from 0, ours from genesis.
    const height = this.#heights.get(parentId)! + 1n;
    this.#names.set(id, name);
    this.#heights.set(id, height);
    const justify = step.has("justify") ? this.#certificateOf(step.object("justify")) : GENESIS_CERTIFICATE;
    const timeouts = justify.view + 1n === view ? null : this.#validators.giveUp(view - 1n, justify);
    const proposal = {justify, timeouts, validator: committee.leader(view), signature: SIGNATURE};
    this.#take(this.#node.take({type: "proposal", block: {id, parentId, height, view, epoch: 0n}, proposal}));
    return {height: this.#node.state.blocks.has(id) ? Number(height) - 1 : null};
  }

  #certificateOf(justify: Input) {
    const id = blockIdOf(justify.text("block"));
    return this.#validators.certify(id, this.#heights.get(id)!, justify.big("view"));
  }

  #vote(step: Input): {readonly [name: string]: Output} {
    const blockId = blockIdOf(step.text("block"));
    const view = step.big("view");
    const validator = this.#validators.placeOf(step.number("voter"));
    const height = this.#heights.get(blockId)!;
    const before = this.#node.state.highCertificate;
    const vote = {epoch: 0n, height, view, blockId, validator, signature: SIGNATURE};
    const effects = this.#node.take({type: "vote", vote});
    this.#take(effects);
    if (effects.some((effect) => effect.type === "refused" && effect.verdict === "reject"))
      return {error: "NonMemberSigner"};
    const {highCertificate} = this.#node.state;
    if (highCertificate === before) return {qcFormed: false};
    const signersSorted = highCertificate.votes.map((each) => this.#validators.idOf(each.validator));
    return {qcFormed: highCertificate.blockId === blockId, signersSorted};
  }

  /** What the node would do if it had the vote of the block's view still to give. */
  #safe(step: Input): {readonly [name: string]: Output} {
    const id = blockIdOf(step.text("block"));
    const {state} = this.#node;
    const view = state.blocks.get(id)?.view;
    if (view === undefined) return {safeToVote: false};
    const safety = {...state.safety, votedView: view - 1n};
    const asked = new Node({...state, self: 0, started: true, view, safety});
    const effects = asked.take({type: "executed", blockId: id, valid: true});
    return {safeToVote: effects.some((effect) => effect.type === "vote" && effect.vote.blockId === id)};
  }

  #take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "evidence" && effect.equivocation.kind === "vote") this.#equivocations++;
      if (effect.type !== "commit") continue;
      for (const {id, height, certificate} of effect.blocks)
        this.#log.push(`${this.#names.get(id)}@v${certificate.view}h${height - 1n}`);
    }
  }
}

function scenario(input: Input): Output {
  const run = new Scenario(input);
  return {afterEachStep: input.objects("steps").map((step) => run.run(step))};
}

export const hotstuffAdapters: Adapters = {"hotstuff-scenarios": scenario};
