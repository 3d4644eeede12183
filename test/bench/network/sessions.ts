/** P19: the CPU of a session between two nodes beside that of TLS. */
import {loadMlKem} from "../../../src/node/compute/ml-kem.js";
import {clientOf, party, serverOf, shake} from "../../node/network/session/parties.js";
import {mlDsa44} from "../../support/accounts.js";
import type {Print} from "../compute/rounds.js";
import {tlsHandshakeMs} from "../peers/peers.js";

const SESSIONS = 40;

/** Best of seven rounds, CPU of both ends. */
export async function sessions(print: Print): Promise<void> {
  const kem = await loadMlKem();
  // No memory of certificates: the two have never met.
  const [client, server] = ["client", "server"].map((each) => party(each, kem, {verify: mlDsa44.verify}));
  let ours = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < SESSIONS; i++) {
      const {ends} = shake(clientOf(client!, server!.credentials.id, i), serverOf(server!, i));
      if (!ends.every(({secured}) => secured)) print("NO SESSION: nothing below counts");
    }
    const {user, system} = process.cpuUsage(before);
    ours = Math.min(ours, (user + system) / 1_000 / SESSIONS);
  }
  const theirs = tlsHandshakeMs(SESSIONS);
  print(`P19 session: ${ours.toFixed(2)} ms of CPU for both ends (${kem.name}, ${mlDsa44.name})`);
  if (typeof theirs === "string") return print(`  TLS 1.3 of Node 24, X25519MLKEM768: missing, ${theirs}`);
  print(
    `  TLS 1.3 of Node 24, X25519MLKEM768, mutual: ${theirs.toFixed(2)} ms, ours ${(ours / theirs).toFixed(2)} of it`,
  );
  print("  goal: a quarter of it");
}
