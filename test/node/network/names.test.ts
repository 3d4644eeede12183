import {expect, test} from "vitest";
import {Names} from "../../../src/node/network/libp2p/names.js";

const peer = (number: number): string => number.toString(16).padStart(64, "0");

test("the names of connected peers stay known however many others come and go", async () => {
  const connected = new Set([peer(1), peer(2)]);
  const names = new Names((id) => connected.has(id), 4);
  const first = await names.nameOf(peer(1));
  const second = await names.nameOf(peer(2));
  const stranger = await names.nameOf(peer(3));
  for (let number = 4; number < 20; number++) await names.nameOf(peer(number));
  expect([first, second, stranger].map((name) => names.idOf(name))).toEqual([peer(1), peer(2), undefined]);

  connected.clear();
  for (let number = 20; number < 26; number++) await names.nameOf(peer(number));
  expect(names.idOf(first), "one that has gone is forgotten").toBeUndefined();
});

test("where every name is in use another one is taken all the same", async () => {
  const names = new Names(() => true, 1);
  const [a, b] = [await names.nameOf(peer(1)), await names.nameOf(peer(2))];
  expect([names.idOf(a), names.idOf(b)]).toEqual([peer(1), peer(2)]);
});
