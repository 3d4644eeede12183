/** What lies between the validators of a run, and can be cut: proxies here, network namespaces in namespaces.ts. */
import {connect, createServer, type Server, type Socket} from "node:net";
import {freePorts} from "../../src/commands/devnet/free-ports.js";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Wires {
  /** Where validator `i` listens for others. */
  listen(i: number): Place;
  /** Where validator `from` finds validator `to`. */
  route(from: number, to: number): Place;
  /** Where validator `i` serves its API, also while it is cut off from the others. */
  api(i: number): Place;
  /** Words in front of the command line of validator `i`. */
  readonly wrap: (i: number) => readonly string[];
  /** From now on nothing passes between different `groups`, in either direction, and nobody is told so. */
  part(groups: readonly (readonly number[])[]): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/** One way of one link: what `from` sends to the address that it has of `to`, and what comes back on the same stream. */
class Pipe {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #waiting = new Set<Socket>();
  readonly server: Server;
  #cut = false;

  constructor(private readonly target: number) {
    this.server = createServer((near) => {
      near.on("error", () => near.destroy());
      if (!this.#cut) return this.#join(near);
      // As if the first packet were on its way for that long.
      near.pause();
      this.#waiting.add(near);
      near.once("close", () => this.#waiting.delete(near));
    });
  }

  set cut(cut: boolean) {
    this.#cut = cut;
    for (const pair of this.#pairs) for (const each of pair) cut ? each.pause() : each.resume();
    if (cut) return;
    for (const near of this.#waiting) this.#join(near);
    this.#waiting.clear();
  }

  close(): void {
    this.server.close();
    for (const each of [...this.#pairs].flat()) each.destroy();
    for (const each of this.#waiting) each.destroy();
  }

  #join(near: Socket): void {
    const far = connect(this.target, LOOPBACK);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const carry = (from: Socket, to: Socket): void => {
      from.on("data", (bytes) => {
        if (to.write(bytes)) return;
        from.pause();
        to.once("drain", () => {
          if (!this.#cut) from.resume();
        });
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    };
    carry(near, far);
    carry(far, near);
    near.resume();
  }
}

/** A proxy for each direction in which one validator can dial another, on loopback. */
export async function proxyWires(count: number): Promise<Wires> {
  const listens = await freePorts(count);
  const apis = await freePorts(count);
  const pipes = new Map<string, Pipe>();
  const key = (from: number, to: number): string => `${from}-${to}`;
  for (let from = 0; from < count; from++)
    for (let to = 0; to < count; to++)
      if (from !== to) {
        const pipe = new Pipe(listens[to]!);
        await listening(pipe.server);
        pipes.set(key(from, to), pipe);
      }
  return {
    listen: (i) => ({host: LOOPBACK, port: listens[i]!}),
    route: (from, to) => ({host: LOOPBACK, port: portOf(pipes.get(key(from, to))!.server)}),
    api: (i) => ({host: LOOPBACK, port: apis[i]!}),
    wrap: () => [],
    async part(groups) {
      for (const [a, one] of groups.entries())
        for (const [b, other] of groups.entries())
          if (a !== b) for (const from of one) for (const to of other) pipes.get(key(from, to))!.cut = true;
    },
    async heal() {
      for (const pipe of pipes.values()) pipe.cut = false;
    },
    async close() {
      for (const pipe of pipes.values()) pipe.close();
    },
  };
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => server.once("error", reject).listen(0, LOOPBACK, resolve));
const portOf = (server: Server): number => (server.address() as {port: number}).port;
