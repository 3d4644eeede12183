/** Bundles of NVIDIA sidecars, and the lock that waits for them. */
import {Counter, Gauge, type Registry} from "prom-client";
import {INGEST_REFUSALS, type NgcDesk} from "../api/ngc/desk.js";

/** Declares the metrics of a node that takes bundles; all are read off the desk. */
export function ngcMetrics(registry: Registry, desk: NgcDesk): void {
  const registers = [registry];
  const total = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  total(
    "qsdm_nvidia_lock_http_blocks_total",
    "Writes refused because no bundle was fresh.",
    () => desk.stats().blocked,
  );
  total(
    "qsdm_nvidia_lock_p2p_rejects_total",
    "Transactions of peers that were not heard because no bundle was fresh.",
    () => desk.stats().blockedPeers,
  );
  total("qsdm_ngc_challenge_issued_total", "Challenges issued to sidecars.", () => desk.stats().challenges);
  total("qsdm_ngc_proof_ingest_accepted_total", "Bundles taken from sidecars.", () => desk.stats().accepted);
  new Counter({
    name: "qsdm_ngc_proof_ingest_rejected_total",
    help: "Bundles refused, by reason.",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      const {refused} = desk.stats();
      for (const reason of INGEST_REFUSALS) this.inc({reason}, refused[reason]);
    },
  });
  new Gauge({
    name: "qsdm_ngc_ingest_nonce_pool_size",
    help: "Challenges that are out and not answered.",
    registers,
    collect() {
      this.set(desk.stats().openNonces);
    },
  });
}
