/** What libp2p's own errors become. */
import type {Connection} from "@libp2p/interface";
import {expect, test} from "vitest";
import {ask} from "../../../src/node/network/libp2p/requests.js";

test("a stream that the peer resets under the question is a peer out of reach, and no fault of this node", async () => {
  const stream = Object.assign(new EventTarget(), {
    send: () => {
      throw new TypeError("Cannot write to a stream that is closed");
    },
    close: async () => {},
    abort: () => {},
  });
  const connection = {newStream: async () => stream} as unknown as Connection;
  await expect(ask(connection, "branch", new Uint8Array(), {maxBytes: 10})).rejects.toMatchObject({
    code: "PEER_UNREACHABLE",
  });
});
