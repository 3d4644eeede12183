/** P11, P12, P18 and P19: what four validators come to and what lies between them, and how fast a fresh node catches up. */
import {availableParallelism, loadavg} from "node:os";
import type {Print} from "./compute/rounds.js";
import {gossip} from "./network/gossip.js";
import {ledger} from "./network/ledger.js";
import {sessions} from "./network/sessions.js";
import {catchingUp} from "./sync.js";

export const name = "a network of four validators, its sessions and its gossip";

export async function run(print: Print): Promise<void> {
  await sessions(print);
  await gossip(print);
  await ledger(print);
  await catchingUp(print);
  print(`other programs ran beside: load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
}
