/**
 * Validators in network namespaces of Linux: packets between the parts of a partition are not delivered, and that is all
 * that anybody notices. Needs root and iproute2.
 *
 * Each namespace has two cables: one to the switch that the validators share, and one to this process for the API, which
 * no partition touches. A part of a partition gets a switch of its own.
 */
import {execFile} from "node:child_process";
import {promisify} from "node:util";
import type {Wires} from "./wires.js";

const run = promisify(execFile);
const ip = (...words: readonly string[]): Promise<unknown> => run("ip", words);
const PEER_PORT = 9000;
const API_PORT = 8080;

/** @throws Error when namespaces cannot be made here */
export async function namespaceWires(count: number): Promise<Wires> {
  // Names of interfaces have at most 15 bytes.
  const tag = `q${process.pid % 100_000}`;
  const space = (i: number): string => `${tag}n${i}`;
  const cable = (i: number): string => `${tag}v${i}`;
  const desk = (i: number): string => `${tag}m${i}`;
  const bridge = (part: number): string => `${tag}b${part}`;
  const inside = (i: number, ...words: readonly string[]): Promise<unknown> => ip("-n", space(i), ...words);
  const indexes = Array.from({length: count}, (_, i) => i);
  const close = async (): Promise<void> => {
    // A namespace takes its ends of the cables along, and these their other ends.
    for (const i of indexes) await ip("netns", "del", space(i)).catch(() => undefined);
    for (const part of indexes) await ip("link", "del", bridge(part)).catch(() => undefined);
  };
  try {
    for (const part of indexes) {
      await ip("link", "add", bridge(part), "type", "bridge");
      await ip("link", "set", bridge(part), "up");
    }
    for (const i of indexes) {
      await ip("netns", "add", space(i));
      await ip("link", "add", cable(i), "type", "veth", "peer", "name", "net0", "netns", space(i));
      await ip("link", "add", desk(i), "type", "veth", "peer", "name", "api0", "netns", space(i));
      await ip("link", "set", cable(i), "master", bridge(0), "up");
      await ip("addr", "add", `10.78.${i}.1/30`, "dev", desk(i));
      await ip("link", "set", desk(i), "up");
      await inside(i, "addr", "add", `10.77.0.${i + 1}/24`, "dev", "net0");
      await inside(i, "addr", "add", `10.78.${i}.2/30`, "dev", "api0");
      for (const device of ["lo", "net0", "api0"]) await inside(i, "link", "set", device, "up");
    }
  } catch (error) {
    await close();
    throw new Error("network namespaces cannot be made here: root and iproute2 are needed", {cause: error});
  }
  return {
    listen: (i) => ({host: `10.77.0.${i + 1}`, port: PEER_PORT}),
    route: (_from, to) => ({host: `10.77.0.${to + 1}`, port: PEER_PORT}),
    api: (i) => ({host: `10.78.${i}.2`, port: API_PORT}),
    wrap: (i) => ["ip", "netns", "exec", space(i)],
    async part(groups) {
      for (const [part, members] of groups.entries())
        for (const i of members) await ip("link", "set", cable(i), "master", bridge(part));
    },
    async heal() {
      for (const i of indexes) await ip("link", "set", cable(i), "master", bridge(0));
    },
    close,
  };
}
