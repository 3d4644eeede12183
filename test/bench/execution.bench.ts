/** P13, P14 and P17: executing blocks of transfers, on one thread and on two, and the root of the state behind them. */
import {availableParallelism, loadavg} from "node:os";
import {BACKEND_NAMES, type ComputeBackend} from "../../src/node/compute/backend.js";
import {openOrSay, type Print} from "./compute/rounds.js";
import {benchStateTree} from "./execution/state-tree.js";
import {benchThreads} from "./execution/threads.js";
import {benchTransition} from "./execution/transition.js";

export const name = "execution: blocks of transfers and the state tree";

export async function run(print: Print): Promise<void> {
  const backends: ComputeBackend[] = [];
  for (const each of BACKEND_NAMES.filter((each) => each === "native" || each === "wasm" || each === "cpu")) {
    const backend = await openOrSay(each, print);
    if (backend) backends.push(backend);
  }
  benchTransition(backends[0]!, print);
  await benchThreads(print);
  benchStateTree(backends, print);
  print(`other programs ran beside: load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
}
