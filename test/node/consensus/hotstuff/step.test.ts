import {describe, expect, test} from "vitest";
import type {Certificate} from "../../../../src/codecs/chain/block.js";
import {proposalContent, type TimeoutCertificate, timeoutContent} from "../../../../src/codecs/consensus/messages.js";
import {
  type BlockRef,
  beginAt,
  type ConsensusState,
  type Effect,
  type Input,
} from "../../../../src/node/consensus/hotstuff/state.js";
import {step} from "../../../../src/node/consensus/hotstuff/step.js";
import {voteBytes} from "../../../../src/node/consensus/votes/certificate.js";
import {CHAIN_ID, CONTEXT, committeeOf, fakeSign, GENESIS, GENESIS_CERTIFICATE, refOf} from "./scheduler.js";

const committee = committeeOf([1n, 1n, 1n, 1n]);
/** Validator 0 of four; leaders take turns in order, so it leads views 4, 8, 12. */
const fresh = (self: number | null = 0): ConsensusState =>
  beginAt({committee, self, origin: GENESIS, root: GENESIS, certificate: GENESIS_CERTIFICATE, safety: null});

const signedVote = (validator: number, {id: blockId, height, view}: BlockRef) => {
  const vote = {epoch: 0n, height, view, blockId};
  return {...vote, validator, signature: fakeSign(validator, voteBytes({chainId: CHAIN_ID, ...vote}))};
};
const certify = (block: BlockRef, signers = [1, 2, 3]): Certificate => ({
  epoch: 0n,
  height: block.height,
  view: block.view,
  blockId: block.id,
  votes: signers.map((each) => ({validator: each, signature: signedVote(each, block).signature})),
});
const gaveUp = (validator: number, view: bigint, high: Certificate) => ({
  validator,
  highView: high.view,
  highBlockId: high.blockId,
  signature: fakeSign(
    validator,
    timeoutContent.encode({chainId: CHAIN_ID, epoch: 0n, view, highView: high.view, highBlockId: high.blockId}),
  ),
});
const timeoutsOf = (view: bigint, high: Certificate, signers = [1, 2, 3]): TimeoutCertificate => ({
  epoch: 0n,
  view,
  timeouts: signers.map((each) => gaveUp(each, view, high)),
  highCertificate: high,
});
const proposalOf = (
  block: BlockRef,
  justify: Certificate,
  timeouts: TimeoutCertificate | null = null,
  validator = committee.leader(block.view),
): Extract<Input, {type: "proposal"}> => {
  const {id: blockId, height, view} = block;
  const signature = fakeSign(validator, proposalContent.encode({chainId: CHAIN_ID, epoch: 0n, height, view, blockId}));
  return {type: "proposal", block: {...block, epoch: 0n}, proposal: {justify, timeouts, validator, signature}};
};

/** Feeds inputs, executing every block at once. */
function run(from: ConsensusState, inputs: readonly Input[]): {state: ConsensusState; effects: Effect[]} {
  let state = from;
  const effects: Effect[] = [];
  const queue = [...inputs];
  for (let input = queue.shift(); input; input = queue.shift()) {
    const stepped = step(state, input, CONTEXT);
    state = stepped.state;
    effects.push(...stepped.effects);
    for (const effect of stepped.effects)
      if (effect.type === "execute") queue.unshift({type: "executed", blockId: effect.blockId, valid: true});
  }
  return {state, effects};
}
const START: Input = {type: "start"};
const of = <T extends Effect["type"]>(effects: readonly Effect[], type: T) =>
  effects.filter((each): each is Extract<Effect, {type: T}> => each.type === type);

const b1 = refOf(GENESIS, 1n);
const b2 = refOf(b1, 2n);
const b3 = refOf(b2, 3n);
const b4 = refOf(b3, 4n);
const upTo = (...inputs: Input[]) => run(fresh(), [START, ...inputs]);
const P1 = proposalOf(b1, GENESIS_CERTIFICATE);
const P2 = proposalOf(b2, certify(b1));
const P3 = proposalOf(b3, certify(b2));

describe("the happy path", () => {
  test("votes once a block is executed, after writing it down, to the next two leaders", () => {
    const {state, effects} = upTo(P1);
    const at = effects.findIndex(({type}) => type === "vote");
    expect(effects[at]).toMatchObject({vote: {view: 1n, blockId: b1.id}, to: [2, 3]});
    expect(effects.slice(0, at)).toContainEqual(expect.objectContaining({type: "save", blockId: b1.id}));
    expect(state.safety).toMatchObject({votedView: 1n, votedBlockId: b1.id});
  });

  test("commits the first of three certified blocks in views that follow each other, with its certificate", () => {
    const {state, effects} = upTo(P1, P2, P3, {type: "certificate", certificate: certify(b3)});
    expect(of(effects, "commit")).toEqual([
      {
        type: "commit",
        blocks: [{id: b1.id, height: 1n, certificate: certify(b1)}],
        head: certify(b3),
      },
    ]);
    expect(state).toMatchObject({root: b1, view: 4n, safety: {lockedView: 2n, lockedBlockId: b2.id}});
  });

  test("asks the leader for a block on the newest certificate, and publishes what it builds before its own vote", () => {
    const led = upTo(P1, P2, P3, {type: "certificate", certificate: certify(b3)});
    expect(of(led.effects, "build")).toEqual([{type: "build", view: 4n, parentId: b3.id}]);
    const {effects} = run(led.state, [{type: "built", block: b4}]);
    expect(effects.map(({type}) => type)).toEqual(["save", "publish", "vote"]);
    expect(
      run(led.state, [
        {type: "built", block: b4},
        {type: "built", block: b4},
      ]).effects,
    ).toHaveLength(4);
  });

  test("makes a certificate of a quorum of votes", () => {
    const {state} = upTo(P1, ...[0, 1, 3].map((each): Input => ({type: "vote", vote: signedVote(each, b1)})));
    expect(state.highCertificate).toEqual(certify(b1, [0, 1, 3]));
    expect(state.view).toBe(2n);
  });
});

describe("does not vote", () => {
  const votes = (...inputs: Input[]) => of(upTo(...inputs).effects, "vote").map(({vote}) => vote.blockId);
  const other1 = refOf(GENESIS, 1n, "other");

  test("twice in a view", () => {
    expect(votes(P1, proposalOf(other1, GENESIS_CERTIFICATE))).toEqual([b1.id]);
  });

  test("in a view that it gave up", () => {
    expect(votes({type: "expired", view: 1n}, P1)).toEqual([]);
  });

  test("for what an older certificate than its lock justifies", () => {
    // Locked on block 2 in view 2. A leader that shows timeouts of validators which knew no more than block 1 is not
    // followed: one of those that made the lock has to be among the next quorum.
    const locked = upTo(P1, P2, P3, {type: "certificate", certificate: certify(b3)});
    const rival = refOf(b1, 5n, "rival");
    const {effects} = run(locked.state, [proposalOf(rival, certify(b1), timeoutsOf(4n, certify(b1)))]);
    expect(of(effects, "refused")).toEqual([]);
    expect(of(effects, "vote")).toEqual([]);
  });

  test("for a block that its execution refuses", () => {
    const begun = step(fresh(), START, CONTEXT).state;
    const asked = step(begun, P1, CONTEXT);
    expect(step(asked.state, {type: "executed", blockId: b1.id, valid: false}, CONTEXT).effects).toEqual([]);
  });

  test("before it was started, and again for the same block after a restart", () => {
    const {safety} = upTo(P1).state;
    const again = beginAt({
      committee,
      self: 0,
      origin: GENESIS,
      root: GENESIS,
      certificate: GENESIS_CERTIFICATE,
      safety,
    });
    const restored = run(again, [{type: "restored", block: b1, justify: GENESIS_CERTIFICATE}]);
    expect(of(restored.effects, "vote")).toEqual([]);
    expect(of(run(restored.state, [START]).effects, "vote")).toMatchObject([{vote: {blockId: b1.id}}]);
    expect(of(run(restored.state, [START, proposalOf(other1, GENESIS_CERTIFICATE)]).effects, "vote")).toHaveLength(1);
  });

  test("when it only follows", () => {
    expect(of(run(fresh(null), [START, P1, P2, P3, {type: "expired", view: 3n}]).effects, "vote")).toEqual([]);
  });
});

describe("commits nothing", () => {
  test("over a gap in the views", () => {
    const late = refOf(b2, 4n);
    const timeouts = timeoutsOf(3n, certify(b2));
    const {effects, state} = upTo(P1, P2, proposalOf(late, certify(b2), timeouts), {
      type: "certificate",
      certificate: certify(late),
    });
    expect(of(effects, "commit")).toEqual([]);
    expect(state.view).toBe(5n);
  });

  test("on two certificates", () => {
    expect(of(upTo(P1, P2, P3).effects, "commit")).toEqual([]);
  });
});

describe("refuses as a broken rule", () => {
  const forged = (certificate: Certificate): Certificate => ({
    ...certificate,
    votes: certificate.votes.map((each) => ({...each, signature: new Uint8Array(32)})),
  });
  const twice = certify(b1, [1, 1, 2]);
  const rejected = (...inputs: Input[]) => of(upTo(...inputs).effects, "refused").map(({verdict}) => verdict);
  const late = refOf(b1, 3n);
  const high = certify(b1);
  test.each<[string, Input]>([
    ["a proposal of somebody who does not lead", proposalOf(b2, certify(b1), null, 3)],
    ["a proposal under another signature", {...P2, proposal: {...P2.proposal, signature: new Uint8Array(32)}}],
    ["a forged certificate", proposalOf(b2, forged(certify(b1)))],
    ["a certificate of two voters", proposalOf(b2, certify(b1, [1, 2]))],
    ["a certificate that counts a voter twice", proposalOf(b2, twice)],
    ["a certificate of somebody unknown", proposalOf(b2, certify(b1, [1, 2, 4]))],
    ["a certificate of another block", proposalOf(b2, certify(refOf(GENESIS, 1n, "other")))],
    ["a skipped view without timeouts", proposalOf(late, high)],
    ["timeouts of another view", proposalOf(late, high, timeoutsOf(1n, GENESIS_CERTIFICATE))],
    ["timeouts of two validators", proposalOf(late, high, timeoutsOf(2n, high, [1, 2]))],
    [
      "timeouts that name a newer certificate",
      proposalOf(refOf(GENESIS, 3n), GENESIS_CERTIFICATE, timeoutsOf(2n, high)),
    ],
    [
      "timeouts under other signatures",
      proposalOf(late, high, {
        ...timeoutsOf(2n, high),
        timeouts: timeoutsOf(2n, high).timeouts.map((each) => ({...each, signature: new Uint8Array(32)})),
      }),
    ],
    ["a forged certificate by itself", {type: "certificate", certificate: forged(certify(b1))}],
    ["a forged vote", {type: "vote", vote: {...signedVote(1, b2), signature: new Uint8Array(32)}}],
    ["a vote of nobody", {type: "vote", vote: signedVote(9, b2)}],
    [
      "a forged timeout",
      {
        type: "timeout",
        timeout: {
          epoch: 0n,
          view: 2n,
          highCertificate: high,
          entered: null,
          validator: 2,
          signature: new Uint8Array(32),
        },
      },
    ],
    [
      "a served block whose certificate is of another",
      {type: "certified", block: b2, justify: high, certificate: certify(b3)},
    ],
  ])("%s", (_what, input) => {
    const before = upTo(P1);
    const {effects, state} = run(before.state, [input]);
    expect(of(effects, "refused").map(({verdict}) => verdict)).toEqual(["reject"]);
    expect({...state, proposed: null}).toEqual({...before.state, proposed: null});
  });

  test("but not what is only of another epoch, late or known", () => {
    const elsewhere = {...P2, block: {...P2.block, epoch: 1n}};
    expect(rejected(P1, P1, elsewhere, {type: "vote", vote: {...signedVote(1, b2), epoch: 1n}})).toEqual([
      "ignore",
      "ignore",
      "ignore",
    ]);
  });
});

describe("equivocation", () => {
  const other = refOf(GENESIS, 1n, "other");

  test("of a voter is evidence, and the second vote does not count", () => {
    const votes = [signedVote(1, b1), signedVote(1, other), signedVote(2, other), signedVote(3, other)];
    const {effects, state} = upTo(P1, ...votes.map((vote): Input => ({type: "vote", vote})));
    expect(of(effects, "evidence")).toMatchObject([
      {equivocation: {kind: "vote", validator: 1, view: 1n, first: {blockId: b1.id}, second: {blockId: other.id}}},
    ]);
    expect(state.highCertificate).toEqual(GENESIS_CERTIFICATE);
  });

  test("of a leader is evidence", () => {
    const {effects} = upTo(P1, proposalOf(other, GENESIS_CERTIFICATE));
    expect(of(effects, "evidence")).toMatchObject([
      {equivocation: {kind: "proposal", validator: 1, first: {blockId: b1.id}, second: {blockId: other.id}}},
    ]);
  });
});

describe("timeouts", () => {
  const timeout = (
    validator: number,
    view: bigint,
    high: Certificate,
    entered: TimeoutCertificate | null = null,
  ): Input => ({
    type: "timeout",
    timeout: {
      epoch: 0n,
      view,
      highCertificate: high,
      entered,
      validator,
      signature: gaveUp(validator, view, high).signature,
    },
  });

  test("of a quorum end the view, and the next leader builds on the newest certificate among them", () => {
    const {state} = run(fresh(2), [
      START,
      P1,
      timeout(0, 1n, GENESIS_CERTIFICATE),
      timeout(1, 1n, GENESIS_CERTIFICATE),
      timeout(3, 1n, GENESIS_CERTIFICATE),
    ]);
    expect(state).toMatchObject({view: 2n, failures: 1, building: 2n});
  });

  test("lengthen views until a block is final, and no certificate shortens them before", () => {
    const why = timeoutsOf(1n, GENESIS_CERTIFICATE);
    const chain: BlockRef[] = [];
    for (const view of [2n, 3n, 4n, 5n]) chain.push(refOf(chain.at(-1) ?? GENESIS, view));
    const failuresAfter = (count: number): number => {
      const proposals = chain
        .slice(0, count)
        .map((block, i) =>
          proposalOf(block, i === 0 ? GENESIS_CERTIFICATE : certify(chain[i - 1]!), i === 0 ? why : null),
        );
      return run(fresh(null), [START, ...proposals]).state.failures;
    };
    expect([1, 2, 3, 4].map(failuresAfter)).toEqual([1, 1, 1, 0]);
  });

  test("of one honest validator are joined", () => {
    const {effects} = upTo(timeout(1, 1n, GENESIS_CERTIFICATE), timeout(2, 1n, GENESIS_CERTIFICATE));
    expect(of(effects, "give-up")).toHaveLength(1);
    expect(of(upTo(timeout(1, 1n, GENESIS_CERTIFICATE)).effects, "give-up")).toEqual([]);
  });

  test("take along whoever fell behind", () => {
    const entered = timeoutsOf(6n, certify(b3));
    const {state, effects} = upTo(timeout(1, 7n, certify(b3), entered));
    expect(state).toMatchObject({view: 7n, highCertificate: certify(b3)});
    expect(of(effects, "fetch")[0]).toEqual({type: "fetch", blockId: b3.id, height: 3n});
  });

  test("are said again while the view lasts", () => {
    const {effects} = upTo({type: "expired", view: 1n}, {type: "expired", view: 1n}, {type: "expired", view: 9n});
    expect(of(effects, "give-up")).toHaveLength(2);
    expect(of(effects, "save")).toHaveLength(1);
  });
});

describe("a missing parent", () => {
  test("is asked for, and the blocks that waited for it follow", () => {
    const behind = upTo(P1, P3);
    expect(of(behind.effects, "fetch")).toContainEqual({type: "fetch", blockId: b2.id, height: 2n});
    const {state} = run(behind.state, [P2]);
    expect([...state.blocks.keys()]).toEqual([b1.id, b2.id, b3.id]);
    expect(state.safety.votedView).toBe(3n);
  });

  test("can come as a served chain, which commits as it did for the others", () => {
    const {effects, state} = run(fresh(null), [
      START,
      {type: "certified", block: b1, justify: GENESIS_CERTIFICATE, certificate: certify(b1)},
      {type: "certified", block: b2, justify: certify(b1), certificate: certify(b2)},
      {type: "certified", block: b3, justify: certify(b2), certificate: certify(b3)},
    ]);
    expect(of(effects, "commit")).toHaveLength(1);
    expect(state.root).toEqual(b1);
  });
});
