/** Field, sharing, triples, resharing, approvals. */

import {approvalTag, PUBLIC_APPROVAL_KEYS, verifyApprovalTag} from "../../../src/node/quorum/custodian/approval.js";
import {add, inv, mul, neg, reduce, sub} from "../../../src/node/quorum/field/field.js";
import {
  dealTriple,
  dealTriples,
  finalize,
  type Masked,
  maskOperands,
  productShare,
  type SharedTriple,
  type TripleShare,
  tripleShareOf,
  uncorrectedProduct,
} from "../../../src/node/quorum/sharing/beaver.js";
import {
  applySubShares,
  dealSubShares,
  refresh,
  rotate,
  zeroPolynomial,
} from "../../../src/node/quorum/sharing/refresh.js";
import {
  evaluatePolynomial,
  firstHolders,
  type Holders,
  lagrangeAt,
  partialTerm,
  reconstruct,
  type Share,
  share,
  type Threshold,
} from "../../../src/node/quorum/sharing/shamir.js";
import {type Adapter, type Adapters, byOperation, type Input, type Output} from "../case.js";
import {bigs, recordedSource, shareOf, shareShape, sharesOf} from "./quorum-shapes.js";

const binary =
  (operation: (a: bigint, b: bigint) => bigint): Adapter =>
  (input) =>
    `${operation(input.big("a"), input.big("b"))}`;
const unary =
  (operation: (a: bigint) => bigint): Adapter =>
  (input) =>
    `${operation(input.big("a"))}`;

const thresholdOf = (input: Input) => ({n: input.number("n"), k: input.number("k")});
const holdersOf = ({n, k}: Threshold): Holders => ({xs: firstHolders(n), k});
const shapes = (shares: readonly Share[]): Output => shares.map(shareShape);
const texts = (values: readonly bigint[]): Output => values.map(String);
const tripleShape = ({a, b, c}: SharedTriple): Output => ({a: shapes(a), b: shapes(b), c: shapes(c)});
const tripleOf = (input: Input): TripleShare => ({
  a: input.big("a_share"),
  b: input.big("b_share"),
  c: input.big("c_share"),
});
const maskedOf = (input: Input): Masked => ({epsilon: input.big("epsilon"), delta: input.big("delta")});
const keyOf = (input: Input): string =>
  input.has("key") ? input.text("key") : PUBLIC_APPROVAL_KEYS[input.number("custodian_index")]!;

/** One product from its operands to the opened result, with every value on the way. */
const multiply: Adapter = (input) => {
  const draw = recordedSource(input);
  const threshold = thresholdOf(input);
  const x = share(input.big("x"), threshold, draw);
  const y = share(input.big("y"), threshold, draw);
  const triple = dealTriple(holdersOf(threshold), draw);
  const masked = x.map((each, at) => maskOperands(each.y, y[at]!.y, tripleShareOf(triple, at)));
  const at = (value: (holder: number) => bigint): Share[] => x.map((each, holder) => ({x: each.x, y: value(holder)}));
  const open = (shares: readonly Share[]): bigint => reconstruct(shares.slice(0, threshold.k));
  const epsilons = at((holder) => masked[holder]!.epsilon);
  const deltas = at((holder) => masked[holder]!.delta);
  const opened: Masked = {epsilon: open(epsilons), delta: open(deltas)};
  const uncorrected = at((holder) => uncorrectedProduct(opened, tripleShareOf(triple, holder)));
  const corrected = at((holder) => productShare(opened, tripleShareOf(triple, holder)));
  const zPrime = open(uncorrected);
  const product = finalize(zPrime, opened);
  return {
    x_shares: shapes(x),
    y_shares: shapes(y),
    triple: tripleShape(triple),
    epsilon_shares: shapes(epsilons),
    delta_shares: shapes(deltas),
    epsilon: `${opened.epsilon}`,
    delta: `${opened.delta}`,
    z_shares: shapes(uncorrected),
    z_prime: `${zPrime}`,
    z_corrected_shares: shapes(corrected),
    product: open(corrected) === product ? `${product}` : "the two variants differ",
  };
};

const withSecret = (shares: readonly Share[], k: number): Output => ({
  shares: shapes(shares),
  secret: `${reconstruct(shares.slice(0, k))}`,
});

export const quorumSharingAdapters: Adapters = {
  "prime-field arithmetic, p = 2^127-1": byOperation({
    add: binary(add),
    sub: binary(sub),
    mul: binary(mul),
    neg: unary(neg),
    reduce: unary(reduce),
    inv: unary(inv),
  }),
  "Shamir K-of-N sharing and reconstruction at x = 0": byOperation({
    share: (input) => ({shares: shapes(share(input.big("secret"), thresholdOf(input), recordedSource(input)))}),
    reconstruct: (input) => `${reconstruct(sharesOf(input, "points"))}`,
    eval_poly: (input) => `${evaluatePolynomial(bigs(input, "coeffs"), input.big("x"))}`,
  }),
  "Lagrange interpolation at arbitrary x, and per-custodian partial terms": byOperation({
    lagrange_at: (input) => `${lagrangeAt(sharesOf(input, "points"), input.big("x"))}`,
    partial: (input) => `${partialTerm(shareOf(input.json.share), input.big("target_x"), bigs(input, "participants"))}`,
  }),
  "custodian approval tags: HMAC-SHA256, lower-case hex": byOperation({
    sign: (input) => approvalTag(keyOf(input), input.text("message")),
    verify: (input) => verifyApprovalTag(keyOf(input), input.text("message"), input.text("signature")),
  }),
  "Beaver triples: generation, round 1, round 2, correction, full multiplication on shares": byOperation({
    generate_triple_shares: (input) => tripleShape(dealTriple(holdersOf(thresholdOf(input)), recordedSource(input))),
    generate_triples_for_program(input) {
      const dealt = dealTriples(
        input.texts("mul_node_ids"),
        input.number("pool_size"),
        holdersOf(thresholdOf(input)),
        recordedSource(input),
      );
      return Object.fromEntries([...dealt].map(([node, triples]) => [node, triples.map(tripleShape)]));
    },
    round1(input) {
      const masks = {a: input.big("a_share"), b: input.big("b_share")};
      const {epsilon, delta} = maskOperands(input.big("x_share"), input.big("y_share"), masks);
      return texts([epsilon, delta]);
    },
    round2: (input) => `${uncorrectedProduct(maskedOf(input), tripleOf(input))}`,
    round2_with_correction: (input) => `${productShare(maskedOf(input), tripleOf(input))}`,
    finalize: (input) => `${finalize(input.big("z_prime"), maskedOf(input))}`,
    multiply,
  }),
  "proactive resharing and custodian rotation with fixed randomness": byOperation({
    zero_share_poly: (input) => texts(zeroPolynomial(input.number("k"), recordedSource(input))),
    sub_shares(input) {
      const targets = bigs(input, "targets");
      const values = dealSubShares(input.number("k"), targets, recordedSource(input));
      return Object.fromEntries(targets.map((x, at) => [`${x}`, `${values[at]}`]));
    },
    apply: (input) => `${applySubShares(input.big("y"), bigs(input, "sub_shares"))}`,
    reshare(input) {
      const k = input.number("k");
      const targets = input.has("targets") ? {targets: bigs(input, "targets")} : {};
      return withSecret(refresh(sharesOf(input, "shares"), {k, ...targets}, recordedSource(input)), k);
    },
    rotate(input) {
      const k = input.number("k");
      const xs = input.has("new_x_coords") ? {xs: bigs(input, "new_x_coords")} : {};
      const plan = {k, newN: input.number("new_n"), ...xs};
      return withSecret(rotate(sharesOf(input, "shares"), plan, recordedSource(input)), k);
    },
  }),
};
