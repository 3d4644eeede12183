/** What is told again, and what is remembered for it. */
import {expect, test} from "vitest";
import {Retelling} from "../../src/node/retelling.js";

function retelling(follows: boolean) {
  const [waiting, asked, sent] = [new Map<string, Uint8Array>(), [] as string[], [] as string[]];
  const desk = new Retelling({
    network: {send: (to) => void sent.push(to), peers: () => [{id: "p"} as never], onPeer: () => {}},
    follows: () => follows,
    bytesOf(id) {
      asked.push(id);
      return waiting.get(id) ?? null;
    },
  });
  /** So many blocks that everything is told again. */
  const round = (): void => {
    for (let i = 0; i < 8; i++) desk.committed();
  };
  return {desk, waiting, asked, sent, round};
}

test.each([
  ["a follower tells it again until a block has it", true, ["p"]],
  ["a validator tells nobody, and forgets it then as well", false, []],
])("%s", (_name, follows, told) => {
  const {desk, waiting, asked, sent, round} = retelling(follows);
  waiting.set("a", new Uint8Array(1));
  desk.keep("transactions", "a");
  round();
  expect(sent).toEqual(told);
  waiting.clear();
  round();
  asked.length = 0;
  round();
  expect({asked, sent}).toEqual({asked: [], sent: told});
});
