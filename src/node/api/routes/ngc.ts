/** The door of an operator's NVIDIA sidecars: a challenge, a bundle, and what came in. */
import {ngcChallenge, ngcProofs, ngcTaken} from "../../../codecs/api/ngc.js";
import {NGC_PROOF_MAX_BYTES} from "../../../codecs/ngc-proof.js";
import {InvariantError} from "../../../errors.js";
import type {NgcDesk} from "../ngc/desk.js";
import {json, type RoutePorts, route} from "../route.js";

/** The door lets nobody through where there is none. */
function deskOf({node}: RoutePorts): NgcDesk {
  if (node.ngc === null) throw new InvariantError("a sidecar's request passed a node without a secret");
  return node.ngc;
}

export const ngcChallengeRoute = route({
  method: "GET",
  path: "/api/v1/monitoring/ngc-challenge",
  summary: "a nonce for one bundle of a sidecar",
  auth: "sidecar",
  errors: "status",
  cost: 1,
  params: {},
  body: null,
  reply: json(ngcChallenge),
  handle(_input, ports) {
    const desk = deskOf(ports);
    const {nonce, expiresAtMs} = desk.challenge();
    return {
      expiresAtUnix: BigInt(Math.floor(expiresAtMs / 1_000)),
      qsdmIngestNonce: nonce,
      qsdmplusIngestNonce: nonce,
      ttlSeconds: Math.floor(desk.options.nonceTtlMs / 1_000),
    };
  },
});

export const ngcProofRoute = route({
  method: "POST",
  path: "/api/v1/monitoring/ngc-proof",
  summary: "take a bundle of a sidecar",
  auth: "sidecar",
  errors: "status",
  cost: 1,
  params: {},
  body: {contentType: "application/json", maxBytes: NGC_PROOF_MAX_BYTES, description: "a proof bundle"},
  reply: json(ngcTaken),
  handle({body}, ports) {
    deskOf(ports).take(body);
    return {ok: true};
  },
});

export const ngcProofsRoute = route({
  method: "GET",
  path: "/api/v1/monitoring/ngc-proofs",
  summary: "the newest bundles of sidecars",
  auth: "sidecar",
  errors: "status",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(ngcProofs),
  handle(_input, ports) {
    const proofs = deskOf(ports)
      .list()
      .map(({receivedAtMs, proof: {cudaProofHash, timestampUtc, shown}}) => ({
        ...shown,
        cudaProofHash,
        receivedAt: BigInt(receivedAtMs),
        timestampUtc: timestampUtc === "" ? null : timestampUtc,
      }));
    return {count: proofs.length, proofs};
  },
});
