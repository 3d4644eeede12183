/** What miners call: a challenge, the work, and the way back in for proofs. */
import {challenge, proofAnswer, work} from "../../../codecs/api/mining.js";
import {addressKind, heightKind, mayQuery, nodeIdKind} from "../param.js";
import {type BodySpec, json, route} from "../route.js";
import {proofPayer} from "./payer.js";

/** A canonical proof is a few kilobytes; the rest leaves room for attestations to come. */
const PROOF_BODY: BodySpec = {
  contentType: "application/json",
  maxBytes: 65_536,
  description: "a mining proof in its canonical JSON",
};

export const challengeRoute = route({
  method: "GET",
  path: "/api/v1/mining/challenge",
  summary: "a fresh challenge to attest with; strict chains bind it to account, node and height of the proof",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {
    minerAddr: mayQuery(addressKind, "account that the proof pays"),
    nodeId: mayQuery(nodeIdKind, "node that makes the proof"),
    height: mayQuery(heightKind, "height that the proof quotes"),
  },
  body: null,
  reply: json(challenge),
  handle: ({minerAddr, nodeId, height}, ports) => ports.node.challenge({minerAddr, nodeId, height}),
});

export const workRoute = route({
  method: "GET",
  path: "/api/v1/mining/work",
  summary: "the work at a height, or at the tip",
  auth: "public",
  errors: "text",
  cost: 0.5,
  params: {height: mayQuery(heightKind, "height to work on; the tip when left out")},
  body: null,
  reply: json(work),
  handle({height}, ports) {
    const {workSet, ...rest} = ports.node.work(height);
    return {...rest, workSet: workSet.map((cells) => ({cells}))};
  },
});

export const submitProofRoute = route({
  method: "POST",
  path: "/api/v1/mining/submit",
  summary: "take a mining proof",
  auth: "public",
  errors: "text",
  cost: 4,
  params: {},
  body: PROOF_BODY,
  payer: proofPayer,
  reply: json(proofAnswer),
  statuses: [200, 400],
  statusOf: (answer) => (answer.accepted ? 200 : 400),
  async handle({body}, ports) {
    const verdict = await ports.node.submitProof(body);
    return verdict.accepted
      ? {accepted: true, proofId: verdict.proofId, rejectReason: "", detail: ""}
      : {accepted: false, proofId: "", rejectReason: verdict.reason, detail: verdict.detail};
  },
});
