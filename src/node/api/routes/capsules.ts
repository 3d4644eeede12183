/** Recovery capsules: reading them, and QSDM's signed registrations. */
import {capsuleAccepted, capsuleAnswer} from "../../../codecs/api/capsules.js";
import {ACTION_MAX_BYTES, capsuleSubmission} from "../../../codecs/envelopes/actions.js";
import {RuleError, UsageError} from "../../../errors.js";
import {addressKind, digestKind, inPath, mayQuery} from "../param.js";
import type {CapsuleKey, LedgerView} from "../ports.js";
import {json, route} from "../route.js";
import {actionNonceRoute, ORIGIN} from "./action-nonce.js";
import {capsulePayer} from "./payer.js";

/** @throws RuleError CAPSULE_NOT_FOUND */
function answerOf(view: LedgerView, key: CapsuleKey) {
  const recovery = view.capsule(key);
  if (recovery) return {...ORIGIN, stateRoot: view.head.stateRoot, recovery};
  throw new RuleError("CAPSULE_NOT_FOUND", `there is no recovery capsule of ${key.owner ?? key.locator}`);
}

export const capsulesRoute = route({
  method: "GET",
  path: "/api/v1/wallet/recovery/capsules",
  summary: "the recovery capsule of an account, or at a locator",
  auth: "public",
  errors: "status",
  cost: 0.5,
  params: {
    owner: mayQuery(addressKind, "the account; either this or locator"),
    locator: mayQuery(digestKind, "the locator"),
  },
  body: null,
  reply: json(capsuleAnswer),
  handle({owner, locator}, {node}) {
    if (owner !== null && locator === null) return answerOf(node.view(), {owner, locator});
    if (locator !== null && owner === null) return answerOf(node.view(), {owner, locator});
    throw new UsageError("PARAMETER_INVALID", "ask for an owner or for a locator", {
      hint: "add ?owner=ADDRESS or ?locator=DIGEST",
    });
  },
});

export const capsuleRoute = route({
  method: "GET",
  path: "/api/v1/wallet/recovery/capsules/{locator}",
  summary: "the recovery capsule at a locator",
  auth: "public",
  errors: "status",
  cost: 0.5,
  params: {locator: inPath(digestKind, "the locator, which the recovery words give")},
  body: null,
  reply: json(capsuleAnswer),
  handle: ({locator}, {node}) => answerOf(node.view(), {owner: null, locator}),
});

export const capsuleNonceRoute = actionNonceRoute(
  "/api/v1/wallet/recovery/nonce",
  "which nonce an account's next capsule action must carry",
);

export const submitCapsuleRoute = route({
  method: "POST",
  path: "/api/v1/wallet/recovery/capsules/submit-signed",
  summary: "take a capsule registration that QSDM's wallets signed, on a compat chain",
  auth: "public",
  errors: "status",
  cost: 3,
  params: {},
  body: {
    contentType: "application/json",
    maxBytes: ACTION_MAX_BYTES,
    description: "a capsule action with its signature and key",
  },
  locked: true,
  payer: capsulePayer,
  reply: json(capsuleAccepted),
  async handle({body}, {node}) {
    await node.submitCompat("capsule", body);
    const {id: actionId, sender, locator} = capsuleSubmission.readCompat(body).action;
    return {actionId, sender, locator, status: "accepted" as const, mempoolStatus: "submitted" as const};
  },
});
