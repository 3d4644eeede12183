/** Every route of the API by the name that clients call it by. */
import type {AnyRoute} from "./route.js";
import {capsuleNonceRoute, capsuleRoute, capsulesRoute, submitCapsuleRoute} from "./routes/capsules.js";
import {blockRoute, blocksRoute, headersRoute, receiptRoute} from "./routes/chain.js";
import {enrollmentRoute, enrollmentsRoute, enrollRoute, unenrollRoute} from "./routes/enrollment.js";
import {eventsRoute} from "./routes/events.js";
import {feeQuoteRoute, feesRoute} from "./routes/fees.js";
import {epochStepRoute, finalityRoute, stateProofRoute} from "./routes/finality.js";
import {governanceRoute, governedParameterRoute} from "./routes/governance.js";
import {healthRoute, liveRoute, readyRoute} from "./routes/health.js";
import {
  accountRoute,
  emissionRoute,
  monetaryRoute,
  paramsRoute,
  supplyHistoryRoute,
  supplyRoute,
  versionsRoute,
  vestingsRoute,
} from "./routes/ledger.js";
import {challengeRoute, submitProofRoute, workRoute} from "./routes/mining.js";
import {ngcChallengeRoute, ngcProofRoute, ngcProofsRoute} from "./routes/ngc.js";
import {peersRoute} from "./routes/peers.js";
import {proposalsRoute, reputationRoute, submeshesRoute} from "./routes/proposals.js";
import {receiptsRoute, slashReceiptsRoute} from "./routes/receipts.js";
import {rejectionsRoute} from "./routes/rejections.js";
import {metricsCompatRoute, metricsRoute, openApiRoute} from "./routes/server.js";
import {judgeSlashRoute, slashReceiptRoute, slashRoute} from "./routes/slash.js";
import {stakesRoute} from "./routes/stakes.js";
import {statusRoute} from "./routes/status.js";
import {streamNonceRoute, streamRoute, streamsRoute, submitStreamActionRoute} from "./routes/streams.js";
import {anomaliesRoute, penaltyRoute} from "./routes/telemetry.js";
import {transactionRoute} from "./routes/transactions.js";
import {validatorsRoute} from "./routes/validators.js";
import {balanceRoute, nonceRoute, submitRoute, submitSignedRoute} from "./routes/wallet.js";

export const ROUTES = {
  status: statusRoute,
  versions: versionsRoute,
  health: healthRoute,
  healthLive: liveRoute,
  healthReady: readyRoute,
  balance: balanceRoute,
  nonce: nonceRoute,
  submit: submitRoute,
  submitSigned: submitSignedRoute,
  challenge: challengeRoute,
  work: workRoute,
  submitProof: submitProofRoute,
  enroll: enrollRoute,
  unenroll: unenrollRoute,
  enrollment: enrollmentRoute,
  enrollments: enrollmentsRoute,
  slash: slashRoute,
  judgeSlash: judgeSlashRoute,
  slashReceipt: slashReceiptRoute,
  slashReceipts: slashReceiptsRoute,
  account: accountRoute,
  emission: emissionRoute,
  headers: headersRoute,
  blocks: blocksRoute,
  block: blockRoute,
  finality: finalityRoute,
  stateProof: stateProofRoute,
  epochStep: epochStepRoute,
  receipt: receiptRoute,
  transaction: transactionRoute,
  receipts: receiptsRoute,
  governance: governanceRoute,
  proposals: proposalsRoute,
  submeshes: submeshesRoute,
  reputation: reputationRoute,
  governedParameter: governedParameterRoute,
  rejections: rejectionsRoute,
  anomalies: anomaliesRoute,
  penalty: penaltyRoute,
  ngcChallenge: ngcChallengeRoute,
  ngcProof: ngcProofRoute,
  ngcProofs: ngcProofsRoute,
  events: eventsRoute,
  peers: peersRoute,
  validators: validatorsRoute,
  stakes: stakesRoute,
  supply: supplyRoute,
  supplyHistory: supplyHistoryRoute,
  monetary: monetaryRoute,
  vestings: vestingsRoute,
  streams: streamsRoute,
  streamNonce: streamNonceRoute,
  stream: streamRoute,
  submitStreamAction: submitStreamActionRoute,
  capsules: capsulesRoute,
  capsuleNonce: capsuleNonceRoute,
  capsule: capsuleRoute,
  submitCapsule: submitCapsuleRoute,
  fees: feesRoute,
  feeQuote: feeQuoteRoute,
  params: paramsRoute,
  metrics: metricsRoute,
  metricsCompat: metricsCompatRoute,
  openApi: openApiRoute,
} as const satisfies Readonly<Record<string, AnyRoute>>;

export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
