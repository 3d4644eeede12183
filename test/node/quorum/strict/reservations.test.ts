import {expect, test} from "vitest";
import {type Reservation, Reservations} from "../../../../src/node/quorum/strict/reservations.js";

const NOW = 1_000n;
const reservation = (client: string, first: bigint, count = 4_096): Reservation => ({
  ...{client, first, count, epoch: 1n, programId: "ab", request: new Uint8Array(32), masks: new Uint8Array()},
  expiresAtMs: NOW + 600_000n,
});
const refused = expect.objectContaining({code: "RESERVATIONS_TOO_MANY"});

test("a client fills its own room and nobody else's, and has it back when masks are used or too old", () => {
  const reservations = new Reservations();
  const room = (client: string, nowMs = NOW) => reservations.checkRoom(client, {evaluations: 1, masks: 4_096}, nowMs);
  for (let at = 0n; at < 16n; at++) {
    room("alice");
    reservations.add(reservation("alice", at * 4_096n));
  }
  expect(() => room("alice")).toThrow(refused);
  room("bob");
  reservations.drop(0n);
  room("alice");
  reservations.drop(0n);
  reservations.add(reservation("alice", 0n));
  expect(() => room("alice")).toThrow(refused);
  expect(() => room("alice", NOW + 600_000n)).toThrow(refused);
  room("alice", NOW + 600_001n);
  expect(reservations.evaluations).toBe(0);
});

test("masks are given for whole evaluations to who asked for them, under the keys, program and request of then", () => {
  const reservations = new Reservations();
  for (let at = 0n; at < 3n; at++) reservations.add(reservation("alice", 2n * at, 2));
  reservations.add(reservation("bob", 6n, 2));
  const {epoch, client, programId, request} = reservation("alice", 0n);
  const right = {epoch, client, programId, request, firstMask: 0n, evaluations: 3};
  expect(reservations.given(right, 2).map(({first}) => first)).toEqual([0n, 2n, 4n]);
  for (const wrong of [
    {evaluations: 4},
    {firstMask: 1n},
    {firstMask: 2n},
    {client: "bob"},
    {epoch: 2n},
    {programId: "cd"},
    {request: new Uint8Array(32).fill(1)},
  ])
    expect(() => reservations.given({...right, ...wrong}, 2), JSON.stringify(Object.keys(wrong))).toThrow(
      expect.objectContaining({code: "MASKS_UNKNOWN"}),
    );
});

test("small ones are counted by evaluations", () => {
  const reservations = new Reservations();
  reservations.checkRoom("alice", {evaluations: 64, masks: 128}, NOW);
  expect(() => reservations.checkRoom("alice", {evaluations: 65, masks: 130}, NOW)).toThrow(refused);
  for (let at = 0n; at < 60n; at++) reservations.add(reservation("alice", at, 1));
  expect(() => reservations.checkRoom("alice", {evaluations: 5, masks: 10}, NOW)).toThrow(refused);
  reservations.clear();
  reservations.checkRoom("alice", {evaluations: 5, masks: 10}, NOW);
});
