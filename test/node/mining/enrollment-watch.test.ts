import {describe, expect, test} from "vitest";
import {RuleError, UnavailableError} from "../../../src/errors.js";
import {
  type EnrollmentChange,
  type EnrollmentLook,
  lookAtEnrollment,
  lookAtSource,
  MIN_LOOK_MS,
  type RigPhase,
  watchEnrollment,
} from "../../../src/node/mining/enrollment-watch.js";

/** The changes that a series of looks tells, and how long it waited between them. */
async function changesOf(looks: readonly RigPhase[], intervalMs = 30_000) {
  const changes: EnrollmentChange[] = [];
  const waits: number[] = [];
  const abort = new AbortController();
  const left = [...looks];
  const ports = {
    async look(): Promise<EnrollmentLook> {
      const phase = left.shift()!;
      if (left.length === 0) abort.abort();
      return {phase, record: null, error: null};
    },
    sleep: async (ms: number) => void waits.push(ms),
    changed: (change: EnrollmentChange) => void changes.push(change),
  };
  await watchEnrollment({nodeId: "rig", intervalMs, phase: "active"}, ports, abort.signal);
  return {changes, waits};
}

describe("watching an enrollment", () => {
  test.each<readonly RigPhase[]>([
    ["not_found", "active", "not_found", "active"],
    ["revoked", "unknown", "revoked", "active"],
  ])("does not believe what is said once: %s, %s, %s, %s", async (...looks) => {
    expect((await changesOf(looks)).changes).toEqual([]);
  });

  test("tells changes between phases that are known, once each", async () => {
    const {changes} = await changesOf([
      "active",
      "unknown",
      "unconfigured",
      "active",
      "pending_unbond",
      "pending_unbond",
      "pending_unbond",
      "revoked",
      "revoked",
    ]);
    expect(changes).toEqual([
      {nodeId: "rig", prevPhase: "active", phase: "pending_unbond", severity: "warn"},
      {nodeId: "rig", prevPhase: "pending_unbond", phase: "revoked", severity: "error"},
    ]);
  });

  test("never looks more often than every five seconds", async () => {
    expect((await changesOf(["active"], 1)).waits).toEqual([MIN_LOOK_MS]);
    expect((await changesOf(["active"], 60_000)).waits).toEqual([60_000]);
  });
});

describe("one look", () => {
  const look = (error: Error) => lookAtEnrollment({enrollment: () => Promise.reject(error)}, "rig");

  test("tells a node that is not enrolled from one that cannot be asked", async () => {
    const answered = (http_status: number) => ({details: {http_status}});
    expect(await look(new RuleError("ANY", "no", answered(404)))).toMatchObject({phase: "not_found"});
    expect(await look(new UnavailableError("ANY", "no", answered(503)))).toMatchObject({phase: "unconfigured"});
    expect(await look(new UnavailableError("ANY", "no", answered(500)))).toMatchObject({phase: "unknown"});
    const gone = new UnavailableError("NODE_UNREACHABLE", "gone");
    expect(await look(gone)).toEqual({phase: "unknown", record: null, error: gone});
  });

  test("is at the node that work comes from, and at no other", async () => {
    const asked: string[] = [];
    const client = (url: string, error: Error) => ({
      url,
      enrollment: () => {
        asked.push(url);
        return Promise.reject(error);
      },
    });
    const lagging = new RuleError("ENROLLMENT_NOT_FOUND", "no", {details: {http_status: 404}});
    const clients = [client("http://a", new UnavailableError("NODE_TIMEOUT", "late")), client("http://b", lagging)];
    expect(await lookAtSource(clients, "http://a", "rig")).toMatchObject({phase: "unknown"});
    expect(asked).toEqual(["http://a"]);
    expect(await lookAtSource(clients, "http://b", "rig")).toMatchObject({phase: "not_found", error: lagging});
    for (const code of ["NODE_REFUSED", "ROUTE_NOT_FOUND"]) {
      const proxy = {
        url: "http://c",
        enrollment: () => Promise.reject(new RuleError(code, "no", {details: lagging.details})),
      };
      expect(await lookAtSource([proxy], "http://c", "rig")).toMatchObject({phase: "unknown", error: {code}});
    }
    expect(await lookAtSource(clients, null, "rig")).toMatchObject({phase: "unknown", error: null});
    expect(asked).toEqual(["http://a", "http://b"]);
  });

  test("does not swallow faults of the program", async () => {
    await expect(look(new TypeError("bug"))).rejects.toThrow("bug");
  });
});
