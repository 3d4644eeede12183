/** Peers, sessions and messages, read off the network's tally. */
import {Counter, Gauge, type Registry} from "prom-client";
import type {Network} from "../network/port.js";
import type {NetworkTally} from "../network/tally.js";
import {readGauge} from "./figures.js";

export interface NetworkMetricsPorts {
  readonly network: Pick<Network, "peers">;
  readonly tally: NetworkTally;
}

export function networkMetrics(registry: Registry, {network, tally}: NetworkMetricsPorts): void {
  const registers = [registry];
  new Gauge({
    name: "qsdm_p2p_peers_connected",
    help: "Connected peers, by who dialled.",
    labelNames: ["direction"],
    registers,
    collect() {
      const peers = network.peers();
      for (const direction of ["inbound", "outbound"] as const)
        this.set({direction}, peers.filter((each) => each.direction === direction).length);
    },
  });
  readGauge(registry, {
    name: "qsdm_p2p_peer_score_min",
    help: "Lowest score of a connected peer, from 0 to 100; 100 while there is none.",
    read: () => Math.min(100, ...network.peers().map(({score}) => score)),
  });
  const byChannel = (name: string, help: string, read: (channel: NetworkTally["channels"]["consensus"]) => number) =>
    new Counter({
      name,
      help,
      labelNames: ["channel"],
      registers,
      collect() {
        this.reset();
        for (const [channel, counts] of Object.entries(tally.channels)) this.inc({channel}, read(counts));
      },
    });
  byChannel("qsdm_p2p_sent_messages_total", "Messages sent to one peer.", ({sentMessages}) => sentMessages);
  byChannel("qsdm_p2p_sent_bytes_total", "Their bytes.", ({sentBytes}) => sentBytes);
  byChannel("qsdm_p2p_received_bytes_total", "Bytes of messages that came in.", ({receivedBytes}) => receivedBytes);
  byChannel("qsdm_p2p_dropped_messages_total", "Messages that made room in a full queue.", ({dropped}) => dropped);
  new Counter({
    name: "qsdm_p2p_received_messages_total",
    help: "Messages that came in, by what became of them.",
    labelNames: ["channel", "verdict"],
    registers,
    collect() {
      this.reset();
      for (const [channel, {verdicts}] of Object.entries(tally.channels))
        for (const [verdict, count] of Object.entries(verdicts)) this.inc({channel, verdict}, count);
    },
  });
  new Counter({
    name: "qsdm_p2p_handshakes_total",
    help: "Session handshakes, by outcome.",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(tally.handshakes)) this.inc({outcome}, count);
    },
  });
  new Counter({
    name: "qsdm_p2p_peer_rejected_diversity_total",
    help: "Peers refused because their neighbourhood holds as many as it may.",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const reason of ["prefix24", "prefix16"]) this.inc({reason}, tally.refusedByNeighbourhood.get(reason) ?? 0);
    },
  });
}
