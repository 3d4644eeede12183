/** What a custodian remembers of clients' stakes, and when it asks the ledger again. */
import {beforeEach, describe, expect, test, vi} from "vitest";
import type {Checkpoint} from "../../../src/codecs/chain/light.js";
import {quorumStakeRecord} from "../../../src/codecs/chain/quorum-stake.js";
import {UnavailableError} from "../../../src/errors.js";
import {StakeDesk} from "../../../src/node/custody/stake-desk.js";

const KEY = "ab".repeat(32);
const digest = "00".repeat(32);
const record = (stakeDust: bigint) =>
  quorumStakeRecord.encode({owner: digest, stakeDust, releasingDust: 7n, returnedAtHeight: 9n});

describe("a stake desk", () => {
  let nowMs = 0;
  let asked = 0;
  let kept = 0;
  let stuck = false;
  /** What the ledger holds; undefined where nobody proves anything. */
  let held: Uint8Array | null | undefined = null;
  let desk: StakeDesk;
  const warnings: string[] = [];

  beforeEach(() => {
    [nowMs, asked, kept, held] = [1_000_000, 0, 0, record(50n)];
    warnings.length = 0;
    stuck = false;
    const checkpoint = (): Checkpoint => ({
      ...{height: BigInt(nowMs / 1_000), timeMs: BigInt(nowMs), epoch: 0n},
      ...{blockId: digest, epochRoot: digest, stateRoot: digest},
    });
    const silent = (): void => undefined;
    desk = new StakeDesk(
      {maxAgeMs: 300_000, keepMs: 60_000},
      {
        ledger: {
          async read() {
            asked++;
            if (stuck) await new Promise(() => undefined);
            if (held === undefined)
              throw new UnavailableError("SOURCES_UNAVAILABLE", "http://10.0.0.7:8080 does not answer");
            return {value: held, checkpoint: checkpoint()};
          },
          async keepUp() {
            kept++;
            throw new UnavailableError("SOURCES_UNAVAILABLE", "nobody answers");
          },
          get newest() {
            return checkpoint();
          },
        },
        nowMs: () => nowMs,
        sleep: async () => undefined,
        log: {debug: silent, info: silent, error: silent, warn: (_, message) => void warnings.push(message)},
      },
    );
  });

  test("knows nothing before it asks, and what is locked afterwards; what is on its way back does not count", async () => {
    expect(desk.of(KEY)).toEqual({unproven: "nobody has asked the ledger yet"});
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toEqual({stakeDust: 50n, height: 1_000n, timeMs: 1_000_000n});
    expect([desk.clients, desk.reads]).toEqual([1, {proven: 1, unproven: 0}]);
  });

  test("a key that the ledger does not know has nothing locked", async () => {
    held = null;
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toMatchObject({stakeDust: 0n});
  });

  test("asks no more while enough was proved a short time ago", async () => {
    await desk.prepare(KEY, 10n);
    nowMs += 59_999;
    await desk.prepare(KEY, 50n);
    expect(asked).toBe(1);
    nowMs += 1;
    held = record(20n);
    await desk.prepare(KEY, 10n);
    expect([asked, desk.of(KEY)]).toMatchObject([2, {stakeDust: 20n}]);
  });

  test("asks again after two seconds where it was too little, and not before", async () => {
    await desk.prepare(KEY, 51n);
    nowMs += 1_999;
    await desk.prepare(KEY, 51n);
    expect(asked).toBe(1);
    nowMs += 1;
    held = record(60n);
    await desk.prepare(KEY, 51n);
    expect([asked, desk.of(KEY)]).toMatchObject([2, {stakeDust: 60n}]);
  });

  test("asks once for those who ask at the same time", async () => {
    await Promise.all([desk.prepare(KEY, 10n), desk.prepare(KEY, 10n), desk.prepare("cd".repeat(32), 10n)]);
    expect([asked, desk.clients]).toEqual([2, 2]);
  });

  test("says why nothing is proved, and keeps what was proved before for as long as it is good", async () => {
    held = undefined;
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toEqual({unproven: "reading the ledger failed (SOURCES_UNAVAILABLE)"});
    nowMs += 2_000;
    held = record(50n);
    await desk.prepare(KEY, 10n);
    const proven = desk.of(KEY);
    nowMs += 60_000;
    held = undefined;
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toBe(proven);
    expect([desk.reads, warnings.length]).toEqual([{proven: 1, unproven: 2}, 2]);
  });

  test("asks at once where what was kept has come to be too old", async () => {
    await desk.prepare(KEY, 10n);
    nowMs += 290_000;
    held = undefined;
    await desk.prepare(KEY, 10n);
    await vi.waitFor(() => expect(desk.reads.unproven).toBe(1));
    nowMs += 11_000;
    held = record(50n);
    await desk.prepare(KEY, 10n);
    expect([asked, desk.of(KEY)]).toMatchObject([3, {timeMs: 1_301_000n}]);
  });

  test("tells clients nothing of the nodes that it asks", async () => {
    held = undefined;
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toEqual({unproven: "reading the ledger failed (SOURCES_UNAVAILABLE)"});
  });

  test("waits for no ledger that is slow where what is known lets the client in", async () => {
    await desk.prepare(KEY, 10n);
    const proven = desk.of(KEY);
    stuck = true;
    nowMs += 300_000;
    await desk.prepare(KEY, 50n);
    expect([asked, desk.of(KEY)]).toEqual([2, proven]);
    // Too old, or too little: there is nothing to go by but the ledger.
    nowMs += 1;
    const waits = async (neededDust: bigint) => {
      const done = desk.prepare(KEY, neededDust).then(() => "done");
      return Promise.race([done, new Promise((resolve) => setImmediate(() => resolve("waits")))]);
    };
    expect(await waits(10n)).toBe("waits");
    nowMs -= 1;
    expect(await waits(51n)).toBe("waits");
  });

  test("a record that cannot be read proves nothing", async () => {
    held = new Uint8Array([1]);
    await desk.prepare(KEY, 10n);
    expect(desk.of(KEY)).toMatchObject({unproven: expect.any(String)});
  });

  test("goes along with the chain from the start, and a ledger that is away stops nothing", async () => {
    desk.start();
    desk.stop();
    await Promise.resolve();
    expect(kept).toBe(1);
  });
});
