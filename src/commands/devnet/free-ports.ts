/** Ports for programs that are started later. */
import {randomInt} from "node:crypto";
import {createServer, type Server} from "node:net";
import {UnavailableError} from "../../errors.js";

/** Below those that systems give to outgoing connections, one of which would have a port before its program starts. */
const RANGE: readonly [number, number] = [20_000, 32_767];
const TRIES = 100;

/**
 * Ports of loopback that nobody has, all different because they are held at once.
 * @throws UnavailableError PORTS_IN_USE
 */
export async function freePorts(count: number, [first, last] = RANGE): Promise<number[]> {
  const held = new Map<number, Server>();
  for (let tries = 0; held.size < count && tries < TRIES + count; tries++) {
    const port = randomInt(first, last + 1);
    const server = held.has(port) ? null : await hold(port);
    if (server) held.set(port, server);
  }
  await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  if (held.size < count)
    throw new UnavailableError("PORTS_IN_USE", `too few ports of 127.0.0.1 from ${first} to ${last} are free`);
  return [...held.keys()];
}

const hold = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null)).listen(port, "127.0.0.1", () => resolve(server));
  });
