import {describe, expect, test} from "vitest";
import {UnavailableError} from "../../../src/errors.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {checkDevices, planDevices} from "../../../src/node/mining/devices.js";
import {type Device, Fleet} from "../../../src/node/mining/fleet.js";
import type {Solver} from "../../../src/node/mining/solver.js";

const search = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: 1n, mix: 1} as const;
const zero = new Uint8Array(16);
const solution = {nonce: zero, mixDigest: new Uint8Array(32)};
const changed = new UnavailableError("TABLE_CHANGED", "the table's file was changed");
const gone = new UnavailableError("SOLVER_FAILED", "a mining thread died");

/** A device that finds something, breaks, or searches until it is told to stop. */
function device(name: string, does: "find" | "break" | "search" | "change") {
  const starts: string[] = [];
  const solver: Solver = {
    threads: 2,
    attempts: () => 10,
    takesCheckpoints: false,
    takesMapped: false,
    useTable: () => undefined,
    async search(_search, start, signal) {
      starts.push(Buffer.from(start).toString("hex"));
      if (does === "find") return solution;
      if (does === "break") throw gone;
      if (does === "change") throw changed;
      if (!signal.aborted) await new Promise((stopped) => signal.addEventListener("abort", stopped, {once: true}));
      return null;
    },
    close: async () => undefined,
  };
  const made: Device = {name, backend: "wasm", solver};
  return {...made, starts};
}

function fleetOf(...devices: readonly Device[]) {
  const failures: string[] = [];
  return {fleet: new Fleet(devices, (name) => failures.push(name)), failures};
}
const never = new AbortController().signal;

describe("a fleet", () => {
  test("stops all devices when one has found something", async () => {
    const devices = [device("a", "search"), device("b", "find"), device("c", "search")];
    const {fleet} = fleetOf(...devices);
    expect(await fleet.search(search, zero, never)).toBe(solution);
    expect(fleet.threads).toBe(6);
    expect(fleet.attempts()).toBe(30);
  });

  test("gives each device nonces of its own", async () => {
    const devices = [device("a", "search"), device("b", "find")];
    await fleetOf(...devices).fleet.search(search, zero, never);
    expect(devices.map(({starts}) => starts)).toEqual([["00".repeat(16)], [`${"00".repeat(12)}01000000`]]);
  });

  test("goes on without a device that fails, and says so once", async () => {
    const broken = device("a", "break");
    const {fleet, failures} = fleetOf(broken, device("b", "find"));
    expect(await fleet.search(search, zero, never)).toBe(solution);
    expect(await fleet.search(search, zero, never)).toBe(solution);
    expect(failures).toEqual(["a"]);
    expect(broken.starts).toHaveLength(1);
    expect(fleet.states().map(({name, working}) => [name, working])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect(fleet.threads).toBe(2);
  });

  test("stops all devices when the table is not what it was, and leaves none out", async () => {
    const {fleet, failures} = fleetOf(device("a", "search"), device("b", "change"));
    await expect(fleet.search(search, zero, never)).rejects.toBe(changed);
    expect([failures, fleet.threads]).toEqual([[], 4]);
  });

  test("fails when no device is left", async () => {
    const {fleet} = fleetOf(device("a", "break"));
    await expect(fleet.search(search, zero, never)).rejects.toMatchObject({code: "SOLVER_FAILED"});
  });

  test("ends without a solution when it is told to stop", async () => {
    const abort = new AbortController();
    const {fleet} = fleetOf(device("a", "search"), device("b", "search"));
    const searching = fleet.search(search, zero, abort.signal);
    abort.abort();
    expect(await searching).toBeNull();
  });
});

describe("devices by name", () => {
  const gpu = {name: "NVIDIA H200", uuid: "GPU-0", memoryBytes: 2 ** 37, multiprocessors: 132, capability: "9.0"};
  const noDevice = new UnavailableError("CUDA_UNAVAILABLE", "backend cuda: no CUDA device");
  const none = (): never => {
    throw noDevice;
  };
  const two = () => [gpu, gpu];

  test("are the CPU with all threads, or parts of it", () => {
    expect(planDevices(["cpu"], 8, none).plans).toEqual([{name: "cpu", threads: 8, cuda: null}]);
    expect(planDevices(["cpu:2", "cpu:3"], 8, none).plans).toEqual([
      {name: "cpu0", threads: 2, cuda: null},
      {name: "cpu1", threads: 3, cuda: null},
    ]);
  });

  test("are each CUDA device, or those that are named", () => {
    const [first, second] = [0, 1].map((cuda) => ({name: `cuda${cuda}`, threads: 1, cuda}));
    expect(planDevices(["cuda"], 8, two).plans).toEqual([first, second]);
    expect(planDevices(["cuda:1"], 8, two).plans).toEqual([second]);
    expect(planDevices(["cuda:1", "cpu:4"], 8, two).plans).toEqual([second, {name: "cpu1", threads: 4, cuda: null}]);
  });

  test("that cannot be used are left out with a reason, unless nothing is left", () => {
    const {plans, refused} = planDevices(["cuda:0", "cpu:1"], 8, none);
    expect(plans).toEqual([{name: "cpu1", threads: 1, cuda: null}]);
    expect(refused).toEqual([noDevice]);
    expect(() => planDevices(["cuda"], 8, none)).toThrow(noDevice);
    expect(() => planDevices(["cuda:2"], 8, two)).toThrow(
      expect.objectContaining({
        code: "DEVICE_UNAVAILABLE",
        message: "device cuda:2: there are 2 CUDA devices, from cuda:0 on",
      }),
    );
  });

  test("may not be named twice", () => {
    expect(() => planDevices(["cuda", "cuda:1"], 8, two)).toThrow(expect.objectContaining({code: "DEVICE_TWICE"}));
  });

  test.each(["abacus", "cpu:", "cpu:0", "cpu:x", "cpu:1025", "", "cuda:", "cuda:x", "cuda:01", "cuda:9999"])(
    "%j is refused",
    (name) => {
      expect(() => planDevices([name], 8, two)).toThrow(expect.objectContaining({code: "DEVICE_UNKNOWN"}));
    },
  );

  test("that compute something else, or fail, are left out before they are used", async () => {
    const plans = planDevices(["cuda", "cpu:1"], 8, two);
    const closed: number[] = [];
    const open = async (_name: string, device = 0): Promise<ComputeBackend> => ({
      ...cpuBackend,
      name: "cuda",
      ...(device === 0 ? {solveSlice: (_job, _start, attempts) => ({solution: null, attempts})} : {}),
      close: () => void closed.push(device),
    });
    const checked = await checkDevices(plans, open);
    expect(checked.plans.map(({name}) => name)).toEqual(["cuda1", "cpu1"]);
    expect(checked.refused).toMatchObject([
      {code: "SELF_TEST_FAILED", message: expect.stringContaining("backend cuda")},
    ]);
    expect(closed).toEqual([0, 1]);

    const lost = async (): Promise<ComputeBackend> => ({
      ...cpuBackend,
      extendDags() {
        throw new Error("unspecified launch failure");
      },
    });
    await expect(checkDevices(planDevices(["cuda:0"], 8, two), lost)).rejects.toMatchObject({
      code: "DEVICE_UNAVAILABLE",
      message: "device cuda0: unspecified launch failure",
    });
  });
});
