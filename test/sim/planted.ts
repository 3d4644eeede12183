/**
 * Bugs to be planted into the production code, as edits: each is one that a sound protocol would not survive, and the
 * simulator has to notice it. Those marked `R` are named in the project's list of examples.
 */
import type {Checker} from "./checkers.js";

export interface Edit {
  readonly file: string;
  /** Occurs exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  readonly name: string;
  /** Checkers of which any may be the first to notice. */
  readonly caughtBy: readonly Checker[];
  readonly edits: readonly Edit[];
}

const HOTSTUFF = "src/node/consensus/hotstuff";
const SIGNER = "src/node/keys/vote-signer.ts";
const INTAKE = "src/node/intake.ts";
const STREAMS = "src/node/ledger/streams/apply.ts";
const DESK = "src/node/batches/desk.ts";

/** The signer's own record would hide what the journal forgets, and the other way round: both are defects together. */
const SIGNER_FORGETS: readonly Edit[] = [
  {file: SIGNER, find: "if (content.view <= last.votedView) refuse", replace: "if (false) refuse"},
  {file: SIGNER, find: "if (content.view <= last.timeoutView) refuse", replace: "if (false) refuse"},
  {file: SIGNER, find: "if (content.view <= last.proposedView) refuse", replace: "if (false) refuse"},
];
const NO_SIGNED_RECORD: Edit = {
  file: "src/node/engine/remembered.ts",
  find: "if (!signed || signed.epoch !== epoch) return base;",
  replace: "if (signed !== undefined) return base;",
};

const edit = (file: string, find: string, replace: string): Edit => ({file, find, replace});
const bug = (name: string, caughtBy: readonly Checker[], ...edits: readonly Edit[]): PlantedBug => ({
  name,
  caughtBy,
  edits,
});

export const PLANTED: readonly PlantedBug[] = [
  bug(
    "R: the lock is not looked at before a vote",
    ["lock", "agreement", "crash"],
    edit(`${HOTSTUFF}/proposal.ts`, "if (block.justify.view < safety.lockedView) return;", ""),
    edit(
      `${HOTSTUFF}/proposal.ts`,
      'if (timeouts.highCertificate.view > justify.view) return "passes over a newer certificate";',
      "",
    ),
  ),
  bug(
    "R: half of the power is a quorum",
    ["certificates", "agreement", "availability", "batches"],
    edit("src/node/consensus/votes/committee.ts", "? (2n * total) / 3n + 1n", "? (total + 1n) / 2n"),
  ),
  bug(
    "R: a vote leaves before it is on disk",
    ["one-vote", "lock", "agreement"],
    edit(`${HOTSTUFF}/step.ts`, "if (promised) effects.unshift(", "if (promised) effects.push("),
    ...SIGNER_FORGETS,
    NO_SIGNED_RECORD,
  ),
  bug(
    "R: what was voted for is forgotten over a restart",
    ["one-vote", "agreement"],
    edit(
      "src/node/engine/remembered.ts",
      "kept && kept.epoch === epoch ? kept : freshSafety(epoch, root)",
      "freshSafety(epoch, root)",
    ),
    ...SIGNER_FORGETS,
    NO_SIGNED_RECORD,
  ),
  bug(
    "R: a signer counts as often as it is named",
    ["certificates"],
    edit("src/node/consensus/votes/certificate.ts", "if (validator <= last) refuse", "if (validator < last) refuse"),
  ),
  bug(
    "R: a certificate of the voters before is accepted",
    ["certificates"],
    edit(
      "src/node/consensus/votes/certificate.ts",
      "if (epoch !== committee.epoch) refuse(",
      "if (epoch + 1n === committee.epoch) return;\n  if (epoch !== committee.epoch) refuse(",
    ),
  ),
  bug(
    "R: the unbond window is counted in blocks of another time",
    ["stakes", "bonds"],
    edit(
      "src/node/ledger/params/chain-params.ts",
      "seconds / params.blockTimeSeconds",
      "seconds / (3 * params.blockTimeSeconds)",
    ),
  ),
  bug(
    "R: (a, b) and (b, a) are two offences of a validator",
    ["slashing"],
    edit(
      "src/codecs/consensus/equivocation.ts",
      'if (first.blockId > second.blockId) return "the statements are not in order of block id";',
      "",
    ),
    edit(
      "src/codecs/consensus/equivocation.ts",
      "{chainId, kind, epoch, view, publicKey}: EquivocationProof): string =>",
      "{chainId, kind, epoch, view, publicKey, first: {blockId}}: EquivocationProof): string =>",
    ),
    edit(
      "src/codecs/consensus/equivocation.ts",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "${epoch}\\0${view}\\0`), publicKey",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "${epoch}\\0${view}\\0${blockId}`), publicKey",
    ),
  ),
  bug(
    "R: (a, b) and (b, a) are two offences of a miner",
    ["slashing"],
    edit("src/codecs/slashing/double-mining.ts", "order < 0 ? [a, b] : [b, a]", "order < 0 ? [a, b] : [a, b]"),
    edit(
      "src/node/ledger/slashing/double-mining.ts",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "${proofA.height}`,",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "${proofA.height}/${proofIdOf(proofA)}`,",
    ),
  ),
  bug(
    "R: a bond below the least is not revoked",
    ["bonds"],
    edit("src/node/ledger/slashing/punish.ts", "if (autoRevoked) revokeRecord(state, remaining, block);", ""),
  ),
  bug(
    "R: a stale batch is served after pruning",
    ["batches"],
    // So that a run of half a minute prunes at all.
    edit("src/codecs/dag/batch.ts", "BATCH_WINDOW_ROUNDS = 50n;", "BATCH_WINDOW_ROUNDS = 3n;"),
    edit(
      "src/node/mempool/dag/step.ts",
      "[...turn.state.rounds].filter(([round]) => round >= belowRound);",
      "[...turn.state.rounds].filter(([round]) => round >= 0n);",
    ),
    edit(
      DESK,
      "round: horizonOf(this.#state, limits.gcRounds)}",
      "round: horizonOf(this.#state, limits.gcRounds) * 0n}",
    ),
    edit("src/node/mempool/dag/restore.ts", " && !turn.isForgotten(ref)) restore", ") restore"),
    edit(
      "src/node/taken-batches.ts",
      "place.round >= newest - BATCH_WINDOW_ROUNDS && !isTaken",
      "place.round <= newest + BATCH_WINDOW_ROUNDS && !isTaken",
    ),
  ),
  bug(
    "R: the root depends on the order in which keys came",
    ["state", "crash", "liveness", "acknowledged"],
    edit(
      "src/node/pending.ts",
      "const stateRoot = hexOf(rootOf(tree));",
      'const order = this.#byId.size % 2 === 0 ? changes : [...changes].reverse();\n    const stateRoot = order.length < 2 ? hexOf(rootOf(tree)) : order[0]!.key.padStart(64, "0").slice(-64).replace(/[^0-9a-f]/g, "0");',
    ),
  ),
  bug(
    "R: a nonce may be one ahead",
    ["receipts"],
    edit("src/node/ledger/chain/execute.ts", "if (nonce !== content.nonce)", "if (nonce > content.nonce)"),
    edit(
      "src/node/mempool/pool/pool.ts",
      "const entry = queue.get(nonceOf(sender));",
      "const entry = queue.get(nonceOf(sender) + 1n) ?? queue.get(nonceOf(sender));",
    ),
  ),
  bug(
    "R: timeouts never grow",
    ["liveness", "acknowledged"],
    edit(`${HOTSTUFF}/pacemaker.ts`, "baseMs * multiplier ** failures", "baseMs + 0 * multiplier * failures"),
  ),
  bug(
    "R: fees are rounded up on both sides",
    ["supply", "crash"],
    edit(
      "src/node/ledger/monetary/fees.ts",
      "credit(state, to.proposer, proposerDust);",
      "credit(state, to.proposer, totalDust === 0n ? 0n : proposerDust + 1n);",
    ),
  ),
  bug(
    "R: a block is taken over without a look at its state",
    ["state", "crash", "agreement"],
    edit(
      "src/node/ledger/chain/assemble.ts",
      'if (header.parentStateRoot !== parent.stateRoot) refuse("another state root for the parent");',
      "",
    ),
    edit(
      "src/node/ledger/chain/assemble.ts",
      "const recomputed = assembleBlock(result, parent, {...block.header, batches: block.batches});",
      "const recomputed = {header: {...assembleBlock(result, parent, {...block.header, batches: block.batches}).header, parentStateRoot: block.header.parentStateRoot}};",
    ),
  ),
  bug(
    "votes are counted whatever block they are for",
    ["certificates"],
    edit(
      `${HOTSTUFF}/vote.ts`,
      "({blockId, height}) => blockId === vote.blockId && height === vote.height",
      '({blockId}) => blockId !== ""',
    ),
  ),
  bug(
    "a vote's signature is not checked",
    ["certificates"],
    edit(
      `${HOTSTUFF}/vote.ts`,
      "if (!draft.context.verify(voter.publicKey, voteBytes({chainId: draft.context.chainId, ...content}), signature))",
      "if (voteBytes({chainId: draft.context.chainId, ...content}).length === 0)",
    ),
  ),
  bug(
    "a proposal's certificate is believed",
    ["certificates"],
    edit(
      `${HOTSTUFF}/proposal.ts`,
      'return draft.isValid(justify) ? null : "the certificate does not hold";',
      "return null;",
    ),
  ),
  bug(
    "a timeout's certificate is believed",
    ["certificates", "liveness"],
    edit(
      `${HOTSTUFF}/timeout.ts`,
      'return draft.isValid(high) ? null : "the certificate does not hold";',
      "return null;",
    ),
  ),
  bug(
    "a validator votes in a view that it gave up",
    ["one-vote"],
    edit(
      `${HOTSTUFF}/proposal.ts`,
      "if (safety.votedView > view || safety.timeoutView >= view) return;",
      "if (safety.votedView > view) return;",
    ),
    ...SIGNER_FORGETS,
  ),
  bug(
    "a validator votes for every block of a view",
    ["one-vote"],
    edit(`${HOTSTUFF}/proposal.ts`, "if (safety.votedView >= view && safety.votedBlockId !== blockId) return;", ""),
    ...SIGNER_FORGETS,
  ),
  bug(
    "one certificate makes a block final",
    ["agreement", "crash"],
    edit(
      `${HOTSTUFF}/chain.ts`,
      "if (!parent || !grand || block.view !== parent.view + 1n || parent.view !== grand.view + 1n) return;",
      "if (!parent || !grand) return commitNow(draft, block);",
    ),
    edit(
      `${HOTSTUFF}/chain.ts`,
      "/** Forgets what is final, and what can never be. */",
      'function commitNow(draft: Draft, block: TreeBlock): void {\n  const {root} = draft.state;\n  if (block.parentId !== root.id) return;\n  draft.set({root: {id: block.id, parentId: block.parentId, height: block.height, view: block.view}});\n  draft.effects.push({type: "commit", blocks: [{id: block.id, height: block.height, certificate: draft.state.highCertificate}], head: draft.state.highCertificate});\n  prune(draft, new Set([block.id]));\n}\n\n/** Forgets what is final, and what can never be. */',
    ),
  ),
  bug(
    "a block is stored with its child's certificate",
    ["certificates", "crash"],
    edit(`${HOTSTUFF}/chain.ts`, "let below: Certificate = parent.justify;", "let below: Certificate = block.justify;"),
  ),
  bug(
    "a write is acknowledged before it is on disk",
    ["acknowledged"],
    edit(
      INTAKE,
      "      setImmediate(() => this.#flush());",
      "      for (const each of this.#pending) each.done();\n      setImmediate(() => this.#flush());",
    ),
  ),
  bug(
    "what waited is not taken up after a restart",
    ["acknowledged"],
    edit(
      INTAKE,
      'gone.push(...this.#admit(readTransaction(row.value), this.ports.signatures.verify, "acknowledged"));',
      "continue;",
    ),
  ),
  bug(
    "what a block holds leaves the pool before the block is final",
    ["acknowledged"],
    edit(
      INTAKE,
      "const transactions = pool.select(maxTransactions, this.nonceOf, isFree);",
      "const transactions = pool.select(maxTransactions, this.nonceOf, isFree);\n    this.#forget(transactions.map(({txId}) => txId));",
    ),
  ),
  bug(
    "receipts of a block are not stored",
    ["receipts", "acknowledged"],
    edit(
      "src/node/storage/sqlite/commit-writer.ts",
      "log.append(height, receipts);",
      "if (height % 2n === 0n) log.append(height, receipts);",
    ),
  ),
  bug(
    "a transfer is paid to its receiver twice",
    ["supply", "crash"],
    edit(
      "src/node/ledger/transfer/contract.ts",
      "credit(state, to, amountDust);",
      "credit(state, to, amountDust * 2n);",
    ),
  ),
  bug(
    "burned fees are not written down",
    ["supply", "crash"],
    edit("src/node/ledger/monetary/fees.ts", "burn(state, burnedDust);", ""),
  ),
  bug(
    "a node that fell behind does not ask",
    ["liveness", "acknowledged", "agreement"],
    edit("src/node/engine/sync/catch-up.ts", "this.#wanted = true;\n    if", "if"),
  ),
  bug(
    "a view that was given up once is not given up again",
    ["liveness"],
    edit(
      `${HOTSTUFF}/step.ts`,
      "if (input.view !== draft.state.view) return;",
      "if (input.view !== draft.state.view || draft.state.safety.timeoutView >= input.view) return;",
    ),
  ),
  bug(
    "a block from the future is refused for good",
    ["acknowledged", "liveness", "crash"],
    edit(
      "src/node/ledger/chain/assemble.ts",
      'throw new UnavailableError("BLOCK_EARLY"',
      'throw new RuleError("BLOCK_EARLY"',
    ),
    edit("src/node/engine/execution.ts", "isFinal ? null : nowMs()", "nowMs()"),
  ),
  bug(
    "a leader holds its own block to its clock",
    ["crash"],
    edit(
      "src/node/chain.ts",
      "const result = verifyBlock(block, ground, {...this.ports, nowMs: null});",
      "const result = verifyBlock(block, ground, {...this.ports, nowMs: candidate.timeMs});",
    ),
  ),
  bug(
    "a block is executed on the final state, not on its parent's",
    ["supply", "crash", "agreement", "liveness", "acknowledged"],
    edit(
      "src/node/pending.ts",
      "return {state: result.state, held: result.held, tree, parent};",
      "return {state: tip.state, held: tip.held, tree, parent};",
    ),
  ),
  bug(
    "blocks that are not final are not on disk when they are voted for",
    ["availability", "crash", "liveness", "acknowledged", "agreement"],
    edit(
      "src/node/engine/engine.ts",
      "const rows = this.#bodies.unwritten(blockId, this.ports.batches);",
      "const rows = blockId === null ? [] : this.#bodies.unwritten(null, this.ports.batches);",
    ),
  ),
  bug(
    "what was acknowledged of batches is not on disk",
    ["batches", "acknowledged"],
    edit(DESK, "this.ports.store.keepBatches(rows,", "this.ports.store.keepBatches(rows.slice(rows.length),"),
  ),
  bug(
    "a batch is taken again by a later block",
    ["batches"],
    edit(
      "src/node/taken-batches.ts",
      "place.round >= newest - BATCH_WINDOW_ROUNDS && !isTaken(placeOf(place))",
      'place.round >= newest - BATCH_WINDOW_ROUNDS && placeOf(place) !== ""',
    ),
    edit(
      "src/node/mempool/dag/view.ts",
      "const body = certificate && committed === null ? bodies",
      "const body = certificate ? bodies",
    ),
  ),
  bug(
    "a batch that is missing is not asked for",
    ["liveness", "acknowledged"],
    edit("src/node/mempool/dag/fetch.ts", 'if (from.length > 0) turn.emit({type: "fetch", ref, from});', ""),
  ),
  bug(
    "an own batch is not sent again",
    ["acknowledged", "liveness"],
    edit("src/node/mempool/dag/step.ts", "    resend(turn, ref);\n", ""),
  ),
  bug(
    "what was voted for happens a block late",
    ["governance"],
    edit(
      "src/node/ledger/chain/run.ts",
      "activate(this.state, this.block.height + 1n, this.block.params.rules)",
      "activate(this.state, this.block.height, this.block.params.rules)",
    ),
  ),
  bug(
    "who follows a block changes nothing by its votes",
    ["state", "governance", "crash", "liveness"],
    edit("src/node/ledger/chain/run.ts", "  finish(): RunResult {", "  finish(follows = false): RunResult {"),
    edit(
      "src/node/ledger/chain/run.ts",
      "this.#events.push(...activate(",
      "if (!follows) this.#events.push(...activate(",
    ),
    edit("src/node/ledger/chain/run.ts", "return run.finish();", "return run.finish(true);"),
  ),
  bug(
    "more use of a stream is billed than time has passed",
    ["streams"],
    edit(STREAMS, "if (cumulativeActiveSeconds > wallSeconds)", "if (cumulativeActiveSeconds > wallSeconds + 60n)"),
  ),
  bug(
    "a payer who closes a stream keeps what is owed",
    ["streams", "supply"],
    edit(STREAMS, "const paid = {...stream, settledDust: stream.accruedDust};", "const paid = stream;"),
  ),
  bug(
    "what is released from behind a client's key comes back in the block after",
    ["clients", "supply"],
    edit(
      "src/node/ledger/quorum-stake/contracts.ts",
      "block.height + blocksIn(block.params, block.params.enrollment.unbondWindowSeconds)",
      "block.height + 1n",
    ),
  ),
  bug(
    "a failed disk does not stop the node",
    ["one-vote", "agreement", "acknowledged", "crash", "liveness"],
    edit("src/node/engine/job-queue.ts", "        this.halt();\n        this.ports.failed(error);", ""),
  ),
];
