/** Accounts: what they hold, which nonce is next, and sending transactions. */
import {balance, nonce, pending} from "../../../codecs/api/ledger.js";
import {accepted} from "../../../codecs/api/mining.js";
import {WALLET_ENVELOPE_MAX_BYTES} from "../../../codecs/envelopes/wallet.js";
import {addressKind, inQuery} from "../param.js";
import {json, route} from "../route.js";
import {ENVELOPE_BODY} from "./envelope.js";
import {envelopePayer, walletPayer} from "./payer.js";

export const balanceRoute = route({
  method: "GET",
  path: "/api/v1/wallet/balance",
  summary: "what an account holds",
  auth: "public",
  errors: "status",
  cost: 0.1,
  params: {address: inQuery(addressKind, "the account")},
  body: null,
  reply: json(balance),
  handle({address}, ports) {
    const balanceDust = ports.node.view().account(address)?.balanceDust ?? 0n;
    return {address, balance: balanceDust, source: "mining-ledger", balanceDust};
  },
});

export const nonceRoute = route({
  method: "GET",
  path: "/api/v1/wallet/nonce",
  summary: "which nonce an account must sign next",
  auth: "public",
  errors: "status",
  cost: 0.1,
  params: {sender: inQuery(addressKind, "the account")},
  body: null,
  reply: json(nonce),
  handle({sender}, ports) {
    const account = ports.node.view().account(sender);
    const used = account?.nonce ?? 0n;
    const nextFree = ports.node.nextNonce(sender);
    return {sender, nonce: used, next: used + 1n, nextFree, keyKnown: account?.keyKnown ?? false};
  },
});

export const submitRoute = route({
  method: "POST",
  path: "/api/v1/wallet/submit",
  summary: "take a signed transaction of any contract",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {},
  body: ENVELOPE_BODY,
  locked: true,
  payer: envelopePayer,
  reply: json(accepted),
  statuses: [202],
  async handle({body}, ports) {
    const {txId} = await ports.node.submit(body);
    return {txId, status: "accepted" as const};
  },
});

export const submitSignedRoute = route({
  method: "POST",
  path: "/api/v1/wallet/submit-signed",
  summary: "take a transfer in QSDM's wallet envelope, on a compat chain",
  auth: "public",
  errors: "status",
  cost: 2,
  params: {},
  body: {
    contentType: "application/json",
    maxBytes: WALLET_ENVELOPE_MAX_BYTES,
    description: "a QSDM wallet envelope, version 2",
  },
  locked: true,
  payer: walletPayer,
  reply: json(pending),
  statuses: [202],
  // From a node that makes no blocks.
  referenceStatuses: [200],
  async handle({body}, ports) {
    const {txId} = await ports.node.submitCompat("wallet", body);
    return {transactionId: txId, status: "pending" as const, broadcast: "block-pending" as const};
  },
});
