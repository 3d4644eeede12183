/** Who is told of channels that come and go. */
import {expect, test} from "vitest";
import {Links} from "../../../src/node/custody/links.js";
import type {Channel} from "../../../src/node/network/channel/channel.js";
import type {EndpointPorts} from "../../../src/node/network/channel/endpoint.js";

const LOG = {debug() {}, info() {}, warn() {}, error() {}};

/** As much of a channel as its coming and going takes. */
function standing(heard: string[]) {
  let end = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    end = resolve;
  });
  const channel = {
    ...{open: true, peer: "ab".repeat(32), closed},
    receive: () => void heard.push("reads"),
    close() {
      this.open = false;
      end();
    },
  };
  return channel as unknown as Channel;
}

test("a channel that takes the place of another ends that one before anything comes by it", async () => {
  const heard: string[] = [];
  const [first, second] = [standing(heard), standing(heard)];
  const links = new Links({
    ...{endpoint: {} as EndpointPorts, log: LOG},
    handlers: () => ({call: async () => new Uint8Array(), bug: () => undefined}),
    up: (place) => heard.push(`up ${place}`),
    down: (place) => heard.push(`down ${place}`),
  });
  links.adopt(1, first);
  links.adopt(1, second);
  await first.closed;
  expect(heard).toEqual(["reads", "up 1", "down 1", "reads", "up 1"]);
  second.close();
  await second.closed;
  expect(heard.slice(5)).toEqual(["down 1"]);
});
