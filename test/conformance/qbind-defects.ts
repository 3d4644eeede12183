/** Recorded answers of QBIND that this ledger gives differently on purpose; each row says why. */
import {Input, type Json} from "./case.js";
import type {Defect} from "./defects.js";
import {runPriorityPool} from "./priority-pool.js";

type Fields = {readonly [name: string]: Json};
const member = (json: Json, name: string): Json => Input.of(json).json[name] ?? null;

/** A correction of the state that is recorded after each step of a script. */
const each =
  (
    list: string,
    script: string,
    correct: (recorded: Fields, at: number, steps: readonly Input[], input: Input) => Fields,
  ) =>
  (recorded: Json, input: Input): Json => {
    if (!Array.isArray(member(recorded, list)) || !input.has(script)) return recorded;
    const steps = input.objects(script);
    const states = Input.of(recorded).objects(list);
    return {...Input.of(recorded).json, [list]: states.map((state, at) => correct(state.json, at, steps, input))};
  };

const blocksOf = (steps: readonly Input[]): ReadonlyMap<Json, Input> =>
  new Map(steps.filter((step) => step.text("op") === "block").map((step) => [step.text("id"), step]));
const justifyOf = (block: Input | undefined): Input | null => (block?.has("justify") ? block.object("justify") : null);

/** Readers of the reference leave what follows a message unread; two byte strings would be one message. */
const TRAILING_BYTES: Defect = {
  id: "trailing-bytes",
  areas: ["wire-consensus"],
  correct: (recorded) => (member(recorded, "remainingBytes") === 1 ? {ok: false, remainingBytes: null} : recorded),
};

/**
 * The reference locks the newest certified block. A leader that had not seen that certificate yet could then be voted for
 * by nobody who had; HotStuff locks the parent, which is safe with three-chain commits.
 */
const LOCK_OF_ONE: Defect = {
  id: "lock-of-one",
  areas: ["hotstuff-scenarios"],
  correct: each("afterEachStep", "steps", (recorded, at, steps) => {
    const blocks = blocksOf(steps);
    const lock = justifyOf(blocks.get(recorded.lockedBlock!));
    const moved = {...recorded, lockedBlock: lock?.text("block") ?? null, lockedView: lock?.number("view") ?? null};
    if (!("safeToVote" in recorded)) return moved;
    const asked = blocks.get(steps[at]!.text("block"));
    const justified = justifyOf(asked)?.number("view") ?? 0;
    return {...moved, safeToVote: asked !== undefined && justified >= (lock?.number("view") ?? 0)};
  }),
};

/** The reference takes blocks whose certificate is of another block than their parent: one certificate, many histories. */
const STRAY_CERTIFICATE: Defect = {
  id: "stray-certificate",
  areas: ["hotstuff-scenarios"],
  correct: each("afterEachStep", "steps", (recorded, at, steps) => {
    const step = steps[at]!;
    const name = step.text("op") === "block" ? step.text("id") : step.text("block");
    const block = blocksOf(steps).get(name);
    const certified = justifyOf(block)?.text("block") ?? null;
    if (!block || certified === (block.has("parent") ? block.text("parent") : null)) return recorded;
    return {
      ...recorded,
      ...("height" in recorded ? {height: null} : {}),
      ...("safeToVote" in recorded ? {safeToVote: false} : {}),
    };
  }),
};

/** The reference commits over views that were given up, in which another block may have been certified. */
const GAPS_COMMIT: Defect = {
  id: "gaps-commit",
  areas: ["hotstuff-scenarios"],
  correct: each("afterEachStep", "steps", (recorded, _at, steps) => {
    const blocks = [...blocksOf(steps).values()];
    const follows = (name: string, view: number): Input | undefined =>
      blocks.find((block) => justifyOf(block)?.text("block") === name && block.number("view") === view + 1);
    const log = (recorded.commitLog as readonly string[]).filter((entry) => {
      const [, name, view] = /^(.+)@v(\d+)h/.exec(entry)!;
      const child = follows(name!, Number(view));
      return child !== undefined && follows(child.text("id"), child.number("view")) !== undefined;
    });
    const [, committed = null, height = null] = /^(.+)@v\d+h(\d+)$/.exec(log.at(-1) ?? "") ?? [];
    return {...recorded, commitLog: log, committed, committedHeight: height === null ? null : Number(height)};
  }),
};

/**
 * The reference counts a view as given up when this node says so, and acts on a timeout certificate at its next tick. Here
 * a view counts when a quorum gave it up, at once, so that one slow node does not stretch its own timeouts alone.
 */
const LATE_PACEMAKER: Defect = {
  id: "late-pacemaker",
  areas: ["pacemaker"],
  correct: each("afterEach", "events", (recorded, at, events, input) => {
    const given = events.slice(0, at + 1).filter((event) => event.text("op") === "tc");
    const now = events[at]!;
    const counted = {
      ...recorded,
      consecutiveTimeouts: given.length,
      currentTimeoutMs: input.number("baseMs") * input.number("multiplier") ** given.length,
    };
    if (now.text("op") === "tc") {
      const view = now.number("arg");
      return {...counted, event: `NewView { view: ${view} }`, currentView: view, timeoutEmitted: false};
    }
    return String(recorded.event).startsWith("NewView") ? {...counted, event: "None"} : counted;
  }),
};

/** The reference makes its timeout certificate anew with each timeout that comes late; here the view is over by then. */
const CERTIFICATE_GROWS: Defect = {
  id: "certificate-grows",
  areas: ["timeout-certificates"],
  correct(recorded) {
    const states = member(recorded, "afterEach");
    if (!Array.isArray(states)) return recorded;
    const formed = states.findIndex((state: Json) => member(state, "tc") !== null);
    const afterEach = states.map((state: Json, at): Json => {
      if (formed < 0 || at <= formed) return state;
      const late = {...Input.of(state).json, tc: member(states[formed] as Json, "tc")};
      return member(state, "accepted") === true ? {...late, accepted: false} : late;
    });
    return {...Input.of(recorded).json, afterEach};
  },
};

/** The reference multiplies in 128 bits and stops at the end of them; the proposer's share is then too small. */
const SATURATED_FEES: Defect = {
  id: "saturated-fees",
  areas: ["fee-split"],
  correct(recorded, input) {
    if (!input.has("totalFee")) return recorded;
    const totalFee = input.big("totalFee");
    const product = totalFee * input.big("proposerBps");
    if (product < 1n << 128n) return recorded;
    const toProposer = product / 10_000n;
    return {burned: (totalFee - toProposer).toString(), toProposer: toProposer.toString()};
  },
};

/** The same of averages and of the staked share: above the end of 128 bits the product is that end. */
const SATURATED_AVERAGES: Defect = {
  id: "saturated-averages",
  areas: ["monetary-arithmetic"],
  correct(recorded, input) {
    const isWide = (product: bigint): boolean => product >= 1n << 128n;
    switch (input.text("fn")) {
      case "emaStep": {
        const weight = BigInt(Math.min(input.number("lambdaBps"), 10_000));
        const parts = [weight * input.big("fees"), (10_000n - weight) * input.big("prevEma")];
        const sum = parts.reduce((all, part) => all + part, 0n);
        return isWide(sum) ? {ema: (sum / 10_000n).toString()} : recorded;
      }
      case "computeEmaFeeRevenue": {
        // The recorded ones are equal in both parts, so that every average of them is the same again.
        const fees = input.big("rawEpochFees");
        if (!isWide(fees * 10_000n) || fees !== input.big("previousEma")) return recorded;
        return {
          emaFeesPerEpoch: fees.toString(),
          smoothedAnnualFeeRevenue: (fees * input.big("epochsPerYear")).toString(),
        };
      }
      case "computeStakeRatioBps": {
        const [staked, circulating] = [input.big("stakedSupply"), input.big("circulatingSupply")];
        return isWide(staked * 10_000n) ? {bps: Number((staked * 10_000n) / circulating)} : recorded;
      }
      default:
        return recorded;
    }
  },
};

/** Where one account cannot be credited, the reference has credited others by then. Here all are, or none is. */
const HALF_AN_EPOCH: Defect = {
  id: "half-an-epoch",
  areas: ["seigniorage"],
  correct: (recorded, input) => (input.has("failCreditTo") ? {...Input.of(recorded).json, credits: []} : recorded),
};

/** The reference's penalties verify no signature, so anybody has anybody punished; here that takes both statements. */
const UNPROVEN_PENALTY: Defect = {
  id: "unproven-penalty",
  areas: ["slashing"],
  correct(recorded, input) {
    const decisions = member(recorded, "decisions");
    if (!Array.isArray(decisions)) return recorded;
    return {
      decisions: decisions.map(() => ({decision: "rejected_invalid"})),
      finalStake: input.list("validators").map(() => input.number("stakePerValidator")),
    };
  },
};

/** The reference calls two of three a quorum; with one cheat of the three, two batches for one place are certified. */
const TWO_OF_THREE: Defect = {
  id: "two-of-three",
  areas: ["dag-mempool"],
  correct: (recorded, input) =>
    typeof input.json.validators === "number" && input.json.validators % 3 === 0
      ? {quorumSize: (input.json.validators * 2) / 3 + 1}
      : recorded,
};

/** The reference says "ok" to what it drops for its price. */
const SILENT_DROP: Defect = {
  id: "silent-drop",
  areas: ["dag-mempool"],
  correct(recorded, input) {
    const results = member(recorded, "results");
    if (!Array.isArray(results) || !input.has("maxPendingTxs")) return recorded;
    const held: bigint[] = [];
    const told = input.objects("inserts").map((each, i): Json => {
      const price = each.big("maxFeePerGas");
      if (results[i] !== "ok") return results[i] as Json;
      if (held.length >= input.number("maxPendingTxs")) {
        const lowest = held.indexOf(held.reduce((a, b) => (b < a ? b : a)));
        if (price <= held[lowest]!) return "POOL_FULL";
        held.splice(lowest, 1);
      }
      held.push(price);
      return "ok";
    });
    return {...Input.of(recorded).json, results: told};
  },
};

/** The reference evicts before it has looked, keeps two of one sender and nonce, and takes nonces in any order. */
const ANY_ORDER: Defect = {
  id: "any-order",
  areas: ["mempool-priority"],
  correct: (recorded, input) =>
    // Where every sender has one valid transaction, its rules and ours come to the same.
    input.text("note").startsWith("one transaction per sender") ? recorded : runPriorityPool(input),
};

export const QBIND_DEFECTS: readonly Defect[] = [
  TRAILING_BYTES,
  LOCK_OF_ONE,
  STRAY_CERTIFICATE,
  GAPS_COMMIT,
  LATE_PACEMAKER,
  CERTIFICATE_GROWS,
  SATURATED_FEES,
  SATURATED_AVERAGES,
  HALF_AN_EPOCH,
  UNPROVEN_PENALTY,
  TWO_OF_THREE,
  SILENT_DROP,
  ANY_ORDER,
];
