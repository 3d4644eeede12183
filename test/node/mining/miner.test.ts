import {describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {batchCountMaximum} from "../../../src/codecs/mining/merkle.js";
import {decodeProof, type Proof, proofIdOf} from "../../../src/codecs/mining/proof.js";
import type {ServedWork} from "../../../src/codecs/mining/work.js";
import {RuleError, UnavailableError} from "../../../src/errors.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {buildDag} from "../../../src/node/ledger/mining/dag.js";
import {ProofRejection} from "../../../src/node/ledger/mining/rejection.js";
import {solveSlice} from "../../../src/node/ledger/mining/solve.js";
import {verifyProof} from "../../../src/node/ledger/mining/verify.js";
import {WORK_SET, WORK_SET_ROOT} from "../../../src/node/ledger/mining/work-set.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "../../../src/node/mining/dag/builder.js";
import {OPEN_GATE} from "../../../src/node/mining/idle-gate.js";
import {jobOf} from "../../../src/node/mining/job.js";
import {Miner} from "../../../src/node/mining/miner.js";
import type {Answer, MinerEvent, MinerOptions, MinerPorts} from "../../../src/node/mining/ports.js";
import type {SharedDag, Solver} from "../../../src/node/mining/solver.js";
import type {MinerNode} from "../../../src/node/mining/sources.js";
import {contextFor, signedBy, TEST_NOW_MS, testChallenge, testHeader, testRig} from "../../support/mining.js";

const rig = testRig("rig-1");
const offline = (what: string) => new UnavailableError("NODE_UNREACHABLE", what);

/** Searches on this thread, one slice for each turn of the event loop. */
function inlineSolver(): Solver & {tables: number} {
  let table: SharedDag | null = null;
  let attempts = 0;
  return {
    takesCheckpoints: false,
    takesMapped: false,
    threads: 1,
    tables: 0,
    attempts: () => attempts,
    useTable(given) {
      table = given;
      this.tables++;
    },
    async search(search, start, signal) {
      for (let nonce = start; !signal.aborted; nonce = Uint8Array.of(nonce[0]! + 1, ...nonce.subarray(1))) {
        const slice = solveSlice({...search, table: table!}, nonce, 1);
        attempts += slice.attempts;
        if (slice.solution) return slice.solution;
        await new Promise((turn) => setImmediate(turn));
      }
      return null;
    },
    close: async () => undefined,
  };
}

/** A node with a real verifier behind the ports; `change` breaks a part of it. */
function bench(change: Partial<MinerPorts & MinerNode> = {}, options: Partial<MinerOptions> = {}) {
  const node = {
    height: 8n,
    sleeps: 0,
    submitted: [] as Uint8Array[],
    events: [] as MinerEvent[],
    paid: new Set<string>(),
  };
  const context = contextFor([rig]);
  const abort = new AbortController();
  const solver = inlineSolver();
  const only: MinerNode = {
    name: "http://node",
    work: async () => workAt(node.height),
    challenge: async (binding) => testChallenge(TEST_NOW_MS, binding),
    submit: async (raw) => {
      node.submitted.push(raw);
      return judge(raw);
    },
    waitForTip: async (ms, signal) => ports.sleep(ms, signal),
    ...change,
  };
  const ports: MinerPorts = {
    solver,
    dag: new DagBuilder(
      {...DEFAULT_DAG_OPTIONS, threads: 1, searches: true},
      {backend: cpuBackend, cache: null, nowMs: () => 0},
    ),
    nodes: [only],
    gate: OPEN_GATE,
    claim: async () => true,
    attest: async (solution, challenge) => signedBy(rig, solution, {challenge}),
    randomNonce: () => new Uint8Array(16),
    nowMs: () => performance.now(),
    // Time passes on the chain whenever the miner waits.
    sleep: async (ms) => {
      await new Promise((done) => setTimeout(done, Math.min(ms, 1)));
      if (++node.sleeps % 3 === 0 && node.height < 10n) node.height++;
    },
    told: (event) => node.events.push(event),
    ...change,
  };
  function judge(raw: Uint8Array): Answer {
    const isSeen = (id: Uint8Array) => node.paid.has(hexOf(id));
    const hasProof = (_: string, height: bigint) => node.paid.has(`${height}`);
    try {
      const chain = {...context.chain, isSeen, hasProof};
      const {proof, proofId} = verifyProof(raw, {...context, tipHeight: node.height, chain});
      node.paid.add(hexOf(proofId)).add(`${proof.height}`);
      return {accepted: true, reason: "", detail: ""};
    } catch (error) {
      if (!(error instanceof ProofRejection)) throw error;
      return {accepted: false, reason: error.reason, detail: error.detail};
    }
  }
  const miner = new Miner({...OPTIONS, ...options}, ports);
  return {miner, node, abort, solver, ports, judge, run: () => miner.run(abort.signal)};
}

const OPTIONS: MinerOptions = {
  address: rig.owner.address,
  boundNodeId: rig.nodeId,
  batchCount: 1,
  maxProofs: 1,
  forkTensorHeight: 2n ** 64n - 1n,
  pollMs: 1,
};

const workAt = (height: bigint): ServedWork => ({
  epoch: 0n,
  height,
  headerHash: testHeader(height).hash,
  difficulty: 4n,
  dagEntries: 64,
  workSetRoot: WORK_SET_ROOT,
  workSet: WORK_SET,
  batchCountMaximum: batchCountMaximum(WORK_SET.length),
  mixVersion: null,
  nextWorkSetRoot: null,
  blocksPerEpoch: 60_480n,
});

const eventsOf = (events: readonly MinerEvent[], type: MinerEvent["type"]) =>
  events.filter((each) => each.type === type);

describe("the miner", () => {
  test("mines proofs that the verifier accepts, one for each height, over one table", async () => {
    const {miner, node, solver, run} = bench({}, {maxProofs: 3});
    await run();
    const proofs = node.submitted.map((raw) => decodeProof(raw));
    expect(proofs.map((proof) => proof.height)).toEqual([8n, 9n, 10n]);
    expect(eventsOf(node.events, "accepted")).toHaveLength(3);
    expect(solver.tables).toBe(1);
    expect(miner.accepted).toBe(3);
    expect(eventsOf(node.events, "source")).toEqual([
      {type: "source", source: "http://node", state: "used", error: null},
    ]);
  });

  test("hands checkpoints to a solver that builds its table from them", async () => {
    const given: unknown[] = [];
    const solver: Solver = {
      ...inlineSolver(),
      takesCheckpoints: true,
      takesMapped: false,
      useTable(dag) {
        given.push(dag);
        abort.abort();
      },
    };
    const marks = {entries: 64, interval: 64, marks: new Uint8Array(32), fresh: true};
    const {run, abort} = bench({
      solver,
      dag: {
        table: () => expect.unreachable("the table would take 2 GiB"),
        checkpoints: async () => marks,
      },
    });
    await run();
    expect(given).toEqual([marks]);
  });

  test("makes the table anew when its file was changed under the search", async () => {
    const solver = inlineSolver();
    let changed = 0;
    const made = bench({
      solver: {
        ...solver,
        useTable: (dag) => solver.useTable(dag),
        attempts: () => solver.attempts(),
        async search(...args) {
          if (changed++ === 0) throw new UnavailableError("TABLE_CHANGED", "the table's file was changed");
          return solver.search(...args);
        },
      },
    });
    await made.run();
    expect(made.miner.accepted).toBe(1);
    expect(solver.tables).toBe(2);
    expect(eventsOf(made.node.events, "waiting")).toMatchObject([{error: {code: "TABLE_CHANGED"}}]);
    expect(eventsOf(made.node.events, "walks")).toEqual(
      [1, 2].map(() => ({type: "walks", epoch: 0n, memory: "copied", largeShare: null})),
    );
  });

  test("builds the next epoch's table while it mines, and walks it without building it again", async () => {
    const built: bigint[] = [];
    const root = WORK_SET_ROOT;
    const {node, run} = bench(
      {
        dag: {
          checkpoints: () => expect.unreachable("this solver wants whole tables"),
          table: async ({epoch, entries}) => {
            built.push(epoch);
            const table = new Uint8Array(new SharedArrayBuffer(entries * 32));
            table.set(buildDag({epoch, workSetRoot: root, entries}));
            return table;
          },
        },
        // Epochs of nine blocks: height 8 is the last of the first.
        work: async () => ({
          ...workAt(node.height),
          blocksPerEpoch: 9n,
          epoch: node.height / 9n,
          nextWorkSetRoot: root,
        }),
        submit: async () => ({accepted: true, reason: "", detail: ""}),
      },
      {maxProofs: 2},
    );
    await run();
    expect(built.slice(0, 2)).toEqual([0n, 1n]);
    expect(built.filter((epoch) => epoch === 1n)).toHaveLength(1);
  });

  test("builds a table again whose first build, ahead of its epoch, failed", async () => {
    const tried: bigint[] = [];
    const made = bench(
      {
        dag: {
          checkpoints: () => expect.unreachable("this solver wants whole tables"),
          table: async ({epoch, entries}) => {
            tried.push(epoch);
            if (epoch === 1n && made.node.height < 9n) throw new UnavailableError("TABLE_MEMORY", "no memory");
            const table = new Uint8Array(new SharedArrayBuffer(entries * 32));
            table.set(buildDag({epoch, workSetRoot: WORK_SET_ROOT, entries}));
            return table;
          },
        },
        work: async () => {
          const {height} = made.node;
          return {...workAt(height), blocksPerEpoch: 9n, epoch: height / 9n, nextWorkSetRoot: WORK_SET_ROOT};
        },
        submit: async () => ({accepted: true, reason: "", detail: ""}),
      },
      {maxProofs: 2},
    );
    await made.run();
    expect(tried.filter((epoch) => epoch === 1n).length).toBeGreaterThan(1);
    expect(made.miner.accepted).toBe(2);
  });

  test("sends the same bytes again when an answer is lost, and counts the proof once", async () => {
    let lost = 0;
    const made = bench({
      submit: async (raw) => {
        made.node.submitted.push(raw);
        const answer = made.judge(raw);
        if (lost++ === 0) throw offline("connection reset");
        return answer;
      },
    });
    await made.run();
    const [first, second] = made.node.submitted;
    expect(second).toEqual(first);
    expect(eventsOf(made.node.events, "waiting")).toHaveLength(1);
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
    expect(made.miner.accepted).toBe(1);
  });

  test("takes a duplicate for what it is when the proof was sent once only", async () => {
    const made = bench();
    made.node.paid.add("8");
    await made.run();
    expect(eventsOf(made.node.events, "rejected")).toMatchObject([{height: 8n, reason: "duplicate"}]);
    expect(eventsOf(made.node.events, "accepted")).toMatchObject([{height: 9n}]);
  });

  test("keeps a solution while challenges cannot be had", async () => {
    let refused = 0;
    const made = bench({
      challenge: async (binding) => {
        if (refused++ < 2) throw offline("no challenge");
        return testChallenge(TEST_NOW_MS, binding);
      },
    });
    await made.run();
    const {events} = made.node;
    expect(eventsOf(events, "waiting")).toHaveLength(2);
    expect(eventsOf(events, "work")).toHaveLength(1);
    expect(eventsOf(events, "accepted")).toHaveLength(1);
  });

  test("asks a device again that gave no evidence, and claims the height once", async () => {
    const claimed: bigint[] = [];
    let refused = 0;
    const made = bench({
      claim: async (height) => {
        claimed.push(height);
        return true;
      },
      attest: async (solution, challenge) => {
        if (refused++ < 2) throw new UnavailableError("REPORT_PROGRAM_FAILED", "the GPU is busy");
        return signedBy(rig, solution, {challenge});
      },
    });
    await made.run();
    expect(eventsOf(made.node.events, "waiting")).toHaveLength(2);
    expect(claimed).toEqual([8n]);
    expect(eventsOf(made.node.events, "accepted")).toMatchObject([{height: 8n}]);
  });

  test("gives a height up whose evidence cannot be had while the challenge is good", async () => {
    let nowMs = 0;
    const made = bench({
      nowMs: () => nowMs,
      attest: async (solution, challenge) => {
        if (solution.height > 8n) return signedBy(rig, solution, {challenge});
        nowMs += 25_000;
        throw new UnavailableError("REPORT_PROGRAM_FAILED", "the GPU is busy");
      },
    });
    await made.run();
    expect(eventsOf(made.node.events, "lost")).toMatchObject([{height: 8n, error: {message: "the GPU is busy"}}]);
    expect(eventsOf(made.node.events, "accepted")).toMatchObject([{height: 9n}]);
  });

  test("leaves a search when the tip moves", async () => {
    const made = bench({
      work: async () => ({...workAt(made.node.height), difficulty: made.node.height < 10n ? 1n << 250n : 4n}),
    });
    await made.run();
    expect(eventsOf(made.node.events, "work").at(-1)).toMatchObject({height: 10n});
    expect(made.node.submitted.map((raw) => decodeProof(raw).height)).toEqual([10n]);
  });

  test("goes on searching while the node does not answer", async () => {
    let asked = 0;
    const made = bench({
      work: async () => {
        if (asked++ > 0) throw offline("no answer");
        return workAt(8n);
      },
    });
    await made.run();
    expect(eventsOf(made.node.events, "accepted")).toMatchObject([{height: 8n}]);
  });

  test("never signs for a height that was signed before", async () => {
    const signed: Proof[] = [];
    const made = bench({
      claim: async (height) => height !== 8n,
      attest: async (solution, challenge) => {
        signed.push(solution);
        return signedBy(rig, solution, {challenge});
      },
    });
    await made.run();
    expect(eventsOf(made.node.events, "skipped")).toEqual([{type: "skipped", height: 8n}]);
    expect(signed.map((proof) => proof.height)).toEqual([9n]);
  });

  test("ends when it is told to, in the middle of a search", async () => {
    const made = bench({work: async () => ({...workAt(10n), difficulty: 1n << 250n})}, {maxProofs: null});
    setTimeout(() => made.abort.abort(), 30);
    await made.run();
    expect(made.node.submitted).toEqual([]);
  });

  test("builds another table when the work set of an epoch changes", async () => {
    const smaller = WORK_SET.slice(0, 1);
    const {workSetRoot} = await import("../../../src/codecs/mining/merkle.js");
    const made = bench(
      {
        submit: async (raw) => {
          made.node.submitted.push(raw);
          return {accepted: true, reason: "", detail: ""};
        },
        work: async () =>
          made.node.submitted.length === 0
            ? workAt(8n)
            : {...workAt(9n), workSet: smaller, workSetRoot: workSetRoot(smaller)},
      },
      {maxProofs: 2},
    );
    await made.run();
    expect(made.solver.tables).toBe(2);
    expect(new Set(made.node.submitted.map((raw) => hexOf(proofIdOf(decodeProof(raw))))).size).toBe(2);
  });

  test("walks as the node says, and by its own fork height where a node does not say", () => {
    const options = {address: "a", boundNodeId: null, batchCount: 1, forkTensorHeight: 9n};
    const mixOf = (height: bigint, mixVersion: number | null) =>
      jobOf({...workAt(height), mixVersion}, options).search.mix;
    expect([mixOf(8n, null), mixOf(9n, null), mixOf(8n, 2), mixOf(9n, 1)]).toEqual([1, 2, 2, 1]);
  });

  test("searches for nobody, for nothing, in no epoch and below no target", () => {
    const options = {address: "a", boundNodeId: null, batchCount: 1, forkTensorHeight: 9n};
    const codeOf = (change: Partial<ServedWork>, asked: Partial<typeof options> = {}) => {
      try {
        return jobOf({...workAt(8n), ...change}, {...options, ...asked}) && "accepted";
      } catch (error) {
        return (error as {code?: string}).code;
      }
    };
    expect(codeOf({})).toBe("accepted");
    expect(codeOf({blocksPerEpoch: 0n})).toBe("EPOCH_INVALID");
    expect(codeOf({difficulty: 0n})).toBe("DIFFICULTY_INVALID");
    expect(codeOf({difficulty: 1n << 256n})).toBe("SOLVER_INVALID");
    expect(codeOf({}, {address: ""})).toBe("SOLVER_INVALID");
  });

  test.each([
    ["a root that the work set does not give", {workSetRoot: new Uint8Array(32)}],
    ["a table without entries", {dagEntries: 1}],
    ["a table larger than any network's", {dagEntries: 2 ** 26 + 1}],
    ["another epoch than its height's", {epoch: 1n}],
    ["a mix that nobody knows", {mixVersion: 3}],
  ])("refuses work with %s", async (_, wrong) => {
    const made = bench({work: async () => ({...workAt(8n), ...wrong})});
    await expect(made.run()).rejects.toThrow(expect.objectContaining({code: "WORK_INCONSISTENT"}));
  });

  test("stops at trouble that waiting does not mend", async () => {
    const refusal = new RuleError("CHAIN_WRONG", "another chain");
    await expect(bench({challenge: () => Promise.reject(refusal)}).run()).rejects.toBe(refusal);
  });

  test("turns to another node when the first is gone", async () => {
    let [firstUp, secondAsked] = [true, 0];
    const made = bench(
      {
        nowMs: () => made.node.sleeps * 10_000,
        work: async () => {
          if (!firstUp) throw offline("connection refused");
          // Nothing to be found here: only losing the node ends this search.
          firstUp = false;
          return {...workAt(made.node.height), difficulty: 1n << 250n};
        },
      },
      {maxProofs: 2},
    );
    const [first] = made.ports.nodes;
    const second: MinerNode = {
      ...first!,
      name: "http://second",
      work: async () => {
        secondAsked++;
        return workAt(made.node.height);
      },
    };
    const ports = {...made.ports, nodes: [first!, second]};
    await new Miner({...OPTIONS, maxProofs: 1}, ports).run(made.abort.signal);
    expect(secondAsked).toBeGreaterThan(0);
    expect(eventsOf(made.node.events, "source")).toMatchObject([
      {source: "http://node", state: "used"},
      {source: "http://node", state: "lost", error: {message: "connection refused"}},
      {source: "http://second", state: "used"},
    ]);
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
  });

  test("leaves a search when its node refuses work, and turns to another", async () => {
    const refusal = new RuleError("NODE_REFUSED", "HTTP 403");
    let asked = 0;
    const made = bench({
      work: async () => {
        if (asked++ > 0) throw refusal;
        // Nothing to be found here: only the refusal ends this search.
        return {...workAt(8n), difficulty: 1n << 250n};
      },
    });
    const [first] = made.ports.nodes;
    const second: MinerNode = {...first!, name: "http://second", work: async () => workAt(made.node.height)};
    await new Miner(OPTIONS, {...made.ports, nodes: [first!, second]}).run(made.abort.signal);
    expect(eventsOf(made.node.events, "source")).toMatchObject([
      {source: "http://node", state: "used"},
      {source: "http://node", state: "refused", error: refusal},
      {source: "http://second", state: "used"},
    ]);
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
  });

  test("leaves out a node whose work cannot be, and ends when it was the last", async () => {
    const made = bench({work: async () => ({...workAt(8n), dagEntries: 1})});
    const [wrong] = made.ports.nodes;
    const right: MinerNode = {...wrong!, name: "http://right", work: async () => workAt(8n)};
    await new Miner(OPTIONS, {...made.ports, nodes: [wrong!, right]}).run(made.abort.signal);
    expect(eventsOf(made.node.events, "source")).toMatchObject([
      {source: "http://node", state: "used"},
      {source: "http://node", state: "refused", error: {code: "WORK_INCONSISTENT"}},
      {source: "http://right", state: "used"},
    ]);
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
  });

  test("leaves out a node that refuses the rig a challenge while another gives one", async () => {
    const refusal = new RuleError("CHALLENGE_NODE_REFUSED", "it is not enrolled");
    const made = bench({challenge: () => Promise.reject(refusal)});
    const [behind] = made.ports.nodes;
    const right: MinerNode = {...behind!, name: "http://right", challenge: async (b) => testChallenge(TEST_NOW_MS, b)};
    await new Miner(OPTIONS, {...made.ports, nodes: [behind!, right]}).run(made.abort.signal);
    expect(eventsOf(made.node.events, "source")).toMatchObject([
      {source: "http://node", state: "used"},
      {source: "http://node", state: "refused", error: refusal},
      {source: "http://right", state: "used"},
    ]);
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
  });

  test("gives a proof up when its challenge has run out before any answer", async () => {
    const made = bench({
      nowMs: () => made.node.sleeps * 25_000,
      submit: async () => {
        throw offline("no answer");
      },
    });
    setTimeout(() => made.abort.abort(), 200);
    await made.run();
    expect(eventsOf(made.node.events, "lost")[0]).toMatchObject({height: 8n, error: {message: "no answer"}});
  });

  test("does not wait for a slow look at the tip when it has a solution", async () => {
    let asked = 0;
    const made = bench({
      work: () => (asked++ === 0 ? Promise.resolve(workAt(8n)) : new Promise(() => undefined)),
      waitForTip: async () => undefined,
    });
    await made.run();
    expect(eventsOf(made.node.events, "accepted")).toHaveLength(1);
  });
});
