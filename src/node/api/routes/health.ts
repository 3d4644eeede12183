/** Whether the process lives, and whether it can do its work. */
import {health, live, ready} from "../../../codecs/api/ledger.js";
import type {NvidiaLockView} from "../../../codecs/api/ngc.js";
import {NGC_DEFAULTS, type NgcDesk} from "../ngc/desk.js";
import {json, route} from "../route.js";

const PRODUCT = "QSDM";
const TAGLINE = "Post-quantum ledger";
const timestampOf = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.000Z$/, "Z");

export const healthRoute = route({
  method: "GET",
  path: "/api/v1/health",
  summary: "what runs here, and whether it is well",
  auth: "public",
  errors: "status",
  cost: 0.05,
  params: {},
  body: null,
  reply: json(health),
  handle: (_input, ports) => ({
    status: ports.healthy() ? ("healthy" as const) : ("degraded" as const),
    timestamp: timestampOf(ports.node.now()),
    version: ports.node.info.version,
    gitSha: ports.node.info.commit,
    buildDate: "",
    product: PRODUCT,
    tagline: TAGLINE,
    nvidiaLock: lockOf(ports.node.ngc),
  }),
});

/** The lock as it stands; one that is not there is off. */
function lockOf(desk: NgcDesk | null): NvidiaLockView {
  const {lock = null, nonceTtlMs = NGC_DEFAULTS.nonceTtlMs} = desk?.options ?? {};
  const {blocked = 0, challenges = 0, openNonces = 0} = desk?.stats() ?? {};
  return {
    enabled: lock !== null,
    proofOk: lock !== null && desk!.isProven(),
    maxProofAgeSeconds: (lock?.maxProofAgeMs ?? NGC_DEFAULTS.maxProofAgeMs) / 1_000,
    nodeIdBindingEnabled: (lock?.expectedNodeId ?? null) !== null,
    hmacRequired: (lock?.macSecret ?? null) !== null,
    ingestNonceRequired: lock?.requireNonce ?? false,
    ingestNonceTtlSeconds: nonceTtlMs / 1_000,
    httpBlocksTotal: blocked,
    ngcChallengeIssuedTotal: challenges,
    ngcIngestNoncePoolSize: openNonces,
  };
}

export const liveRoute = route({
  method: "GET",
  path: "/api/v1/health/live",
  summary: "whether the process answers",
  auth: "public",
  errors: "status",
  cost: 0.05,
  params: {},
  body: null,
  reply: json(live),
  handle: (_input, ports) => ({status: "alive" as const, timestamp: timestampOf(ports.node.now()), product: PRODUCT}),
});

export const readyRoute = route({
  method: "GET",
  path: "/api/v1/health/ready",
  summary: "whether the node takes reads and writes now",
  auth: "public",
  errors: "status",
  cost: 0.05,
  params: {},
  body: null,
  reply: json(ready),
  statuses: [200, 503],
  statusOf: (value) => (value.status === "ready" ? 200 : 503),
  handle(_input, ports) {
    const storage = ports.healthy();
    return {
      status: storage ? ("ready" as const) : ("not_ready" as const),
      timestamp: timestampOf(ports.node.now()),
      checks: {storage: storage ? "ok" : "failed", walletService: "not_configured"},
    };
  },
});
