import {describe, expect, test} from "vitest";
import {UnavailableError} from "../../../../src/errors.js";
import {type DeviceVerifier, openDeviceVerifier} from "../../../../src/node/compute/cuda/device-verifier.js";
import {checkVerifier, trialBatch, verifyBreakEven} from "../../../../src/node/compute/cuda/verify-trial.js";
import {type DeviceNews, VerifyingPool} from "../../../../src/node/compute/cuda/verifying-pool.js";
import {loadMlDsa, type SignedMessage} from "../../../../src/node/compute/ml-dsa.js";
import {bestPath} from "../../../../src/node/compute/native/addon.js";
import {nativeBackendOn} from "../../../../src/node/compute/native.js";
import type {ComputePool} from "../../../../src/node/compute/pool.js";
import {standIn} from "../../../support/cuda.js";
import {addonOf} from "../../../support/native.js";

const suite = await loadMlDsa(87);
const trial = trialBatch(suite);
const honest = ({publicKey, message, signature}: SignedMessage): boolean => suite.verify(publicKey, message, signature);

/** A pool whose every batch takes `msFor` by a clock of its own, and a device beside it. */
function scene(cost: {host: (count: number) => number; device: (count: number) => number}) {
  let now = 0;
  const said: string[] = [];
  const [onHost, onDevice]: [number[], number[]] = [[], []];
  const known = new Map<SignedMessage, boolean>();
  const answers = (batch: readonly SignedMessage[]): boolean[] =>
    batch.map((each) => {
      const valid = known.get(each) ?? honest(each);
      known.set(each, valid);
      return valid;
    });
  const host = {
    threads: 2,
    mlDsaVerify: async (_level: number, batch: readonly SignedMessage[]) => {
      onHost.push(batch.length);
      now += cost.host(batch.length);
      return answers(batch);
    },
    close: async () => void said.push("host closed"),
  } as unknown as ComputePool;
  const device = (name: string, change: Partial<DeviceVerifier> = {}): DeviceVerifier => ({
    name,
    verify: async (batch) => {
      onDevice.push(batch.length);
      now += cost.device(batch.length);
      return answers(batch);
    },
    close: async () => void said.push(`${name} closed`),
    ...change,
  });
  const news: DeviceNews = {
    ready: (name, from) => said.push(`${name} from ${from}`),
    lost: (name, why) => said.push(`${name} lost: ${(why as UnavailableError).code}`),
  };
  return {
    host,
    device,
    news,
    said,
    onHost,
    onDevice,
    nowMs: () => now,
    many: (count: number) => new Array<SignedMessage>(count).fill(trial.batch[0]!),
  };
}
const quick = {host: (count: number) => count, device: (count: number) => 60 + count / 100};

describe("large batches go to a device", () => {
  test("from the size on that it was measured at, and small ones stay", async () => {
    const {host, device, news, said, onHost, onDevice, nowMs, many} = scene(quick);
    const pool = new VerifyingPool(host, [device("cuda:0")], news);
    expect(pool.deviceFrom).toBe(Number.POSITIVE_INFINITY);
    await pool.tryDevices(suite, nowMs);
    expect({said, from: pool.deviceFrom}).toEqual({said: ["cuda:0 from 64"], from: 64});
    onHost.length = onDevice.length = 0;
    expect(await pool.mlDsaVerify(87, many(64))).toEqual(many(64).map(() => true));
    await pool.mlDsaVerify(87, many(63));
    // The other level has no device.
    await pool.mlDsaVerify(44, many(100));
    expect({onHost, onDevice}).toEqual({onHost: [63, 100], onDevice: [64]});
  });

  test("before the devices were tried, none does, and threads share what is large", async () => {
    const {host, device, news, onHost, onDevice, many} = scene(quick);
    expect(await new VerifyingPool(host, [device("cuda:0")], news).mlDsaVerify(87, many(300))).toHaveLength(300);
    expect({onHost, onDevice}).toEqual({onHost: [128, 128, 44], onDevice: []});
  });

  test("several devices share them", async () => {
    const {host, device, news, nowMs, many} = scene(quick);
    const asked: string[] = [];
    const waiting = (name: string): DeviceVerifier => {
      const plain = device(name);
      const verify: DeviceVerifier["verify"] = (batch) => {
        asked.push(name);
        return plain.verify(batch);
      };
      return {...plain, verify};
    };
    const pool = new VerifyingPool(host, [waiting("cuda:0"), waiting("cuda:1")], news);
    await pool.tryDevices(suite, nowMs);
    asked.length = 0;
    await Promise.all([64, 64, 64, 64].map((count) => pool.mlDsaVerify(87, many(count))));
    expect(asked.sort()).toEqual(["cuda:0", "cuda:0", "cuda:1", "cuda:1"]);
  });
});

describe("a device is left alone", () => {
  test("that never is quicker", async () => {
    const {host, device, news, said, nowMs} = scene({host: (count) => count / 1e3, device: (count) => count});
    const pool = new VerifyingPool(host, [device("cuda:0")], news);
    await pool.tryDevices(suite, nowMs);
    expect({said, from: pool.deviceFrom}).toEqual({said: ["cuda:0 from Infinity"], from: Number.POSITIVE_INFINITY});
  });

  test("that takes what is not valid, or refuses what is", async () => {
    const {host, device, news, said, nowMs} = scene(quick);
    const wrong = [true, false].map((always) =>
      device(`cuda:${Number(always)}`, {verify: async (batch) => batch.map(() => always)}),
    );
    await new VerifyingPool(host, wrong, news).tryDevices(suite, nowMs);
    expect(said).toEqual(["cuda:1 lost: DEVICE_WRONG", "cuda:1 closed", "cuda:0 lost: DEVICE_WRONG", "cuda:0 closed"]);
  });

  test("that fails, once for all, and its batch is the processor's", async () => {
    const {host, device, news, said, nowMs, many, onHost} = scene(quick);
    let fails = false;
    const plain = device("cuda:0");
    const failing = device("cuda:0", {
      verify: async (batch) => {
        if (fails) throw new UnavailableError("DEVICE_FAILED", "device cuda:0: unspecified launch failure");
        return plain.verify(batch);
      },
    });
    const pool = new VerifyingPool(host, [failing], news);
    await pool.tryDevices(suite, nowMs);
    [fails, onHost.length] = [true, 0];
    expect(await Promise.all([pool.mlDsaVerify(87, many(64)), pool.mlDsaVerify(87, many(65))])).toEqual([
      many(64).map(() => true),
      many(65).map(() => true),
    ]);
    expect({onHost, said: said.slice(1), from: pool.deviceFrom}).toEqual({
      onHost: [64, 65],
      said: ["cuda:0 lost: DEVICE_FAILED", "cuda:0 closed"],
      from: Number.POSITIVE_INFINITY,
    });
  });

  test("for a batch that it is too busy for", async () => {
    const {host, device, news, said, nowMs, many, onHost} = scene(quick);
    let busy = false;
    const plain = device("cuda:0");
    const verify: DeviceVerifier["verify"] = async (batch) => {
      if (busy) throw new UnavailableError("COMPUTE_BUSY", "too many batches wait to be computed");
      return plain.verify(batch);
    };
    const pool = new VerifyingPool(host, [{...plain, verify}], news);
    await pool.tryDevices(suite, nowMs);
    [busy, onHost.length] = [true, 0];
    expect(await pool.mlDsaVerify(87, many(64))).toHaveLength(64);
    expect({onHost, said, from: pool.deviceFrom}).toEqual({onHost: [64], said: ["cuda:0 from 64"], from: 64});
  });
});

test("the stand-in for a device passes the check, and closing ends its thread", async (context) => {
  const addon = addonOf(context);
  const {library} = standIn(context);
  const device = openDeviceVerifier(addon, {library, number: 0});
  expect(trial.batch.map(honest)).toEqual(trial.valid);
  await checkVerifier(device, trial);
  const host = nativeBackendOn(addon, bestPath(addon)).openPool!({
    threads: 1,
    waitingBatches: 9,
    waitingBytes: 2 ** 24,
  });
  const pool = new VerifyingPool(host, [device], {ready: () => undefined, lost: () => undefined});
  expect(await pool.mlDsaVerify(87, trial.batch)).toEqual(trial.valid);
  await pool.close();
  await expect(device.verify(trial.batch)).rejects.toMatchObject({code: "COMPUTE_CLOSED"});
  await expect(pool.mlDsaVerify(87, trial.batch)).rejects.toMatchObject({code: "COMPUTE_CLOSED"});
});

test("a device that is far behind is not tried any longer", async () => {
  let now = 0;
  const sizes: number[] = [];
  const contest = {
    host: async () => {
      now += 1;
    },
    device: async (batch: readonly SignedMessage[]) => {
      sizes.push(batch.length);
      now += 10 * batch.length;
    },
    nowMs: () => now,
  };
  expect(await verifyBreakEven(trial.batch[0]!, contest)).toBe(Number.POSITIVE_INFINITY);
  expect([...new Set(sizes)]).toEqual([16, 32]);
});
