/** The books, and what the chain runs under. */
import {
  account,
  chainParams,
  emission,
  monetaryAnswer,
  supplyAnswer,
  supplyHistory,
  versions,
} from "../../../codecs/api/ledger.js";
import {vestingList} from "../../../codecs/api/vesting.js";
import {nextHalvingHeight} from "../../ledger/monetary/emission.js";
import {adviceFor} from "../../ledger/monetary/engine/phases.js";
import {outlookOf} from "../../ledger/monetary/engine/step.js";
import type {MonetaryParams} from "../../ledger/params/chain-params.js";
import type {MonetaryRecord} from "../../ledger/state/stores.js";
import {addressKind, inQuery} from "../param.js";
import {json, route} from "../route.js";
import {rulesName, tokenomicsOf} from "./status.js";

export const supplyRoute = route({
  method: "GET",
  path: "/api/v1/ledger/supply",
  summary: "the supply equation: where every dust is",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(supplyAnswer),
  handle(_input, {node}) {
    const view = node.view();
    return {height: view.head.height, blockId: view.head.blockId, supply: view.supply()};
  },
});

export const supplyHistoryRoute = route({
  method: "GET",
  path: "/api/v1/ledger/supply/history",
  summary: "what became of the supply since this node started, at 512 heights at most",
  auth: "public",
  errors: "coded",
  cost: 1,
  params: {},
  body: null,
  reply: json(supplyHistory),
  handle(_input, {node}) {
    const {everyBlocks, points} = node.supplyHistory;
    return {height: node.view().head.height, everyBlocks, points};
  },
});

export const monetaryRoute = route({
  method: "GET",
  path: "/api/v1/ledger/monetary",
  summary: "issuance by stake: the rate, the phase, and what the last epoch issued",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(monetaryAnswer),
  handle(_input, {node}) {
    const view = node.view();
    const {monetary: terms} = view.params;
    const {epochFeesDust, last} = view.monetary();
    return {
      height: view.head.height,
      blockId: view.head.blockId,
      mode: terms?.mode ?? ("off" as const),
      epochBlocks: terms?.epochBlocks ?? null,
      epochsPerYear: terms?.epochsPerYear ?? null,
      epochFeesDust,
      last: terms && last && epochView(last, terms),
    };
  },
});

export const vestingsRoute = route({
  method: "GET",
  path: "/api/v1/ledger/vestings",
  summary: "what the genesis gives away over time, until all of it is claimed",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {},
  body: null,
  reply: json(vestingList),
  handle(_input, {node}) {
    const view = node.view();
    return {height: view.head.height, blockId: view.head.blockId, vestings: view.vestings()};
  },
});

function epochView(record: MonetaryRecord, terms: MonetaryParams) {
  const outlook = outlookOf(record, terms);
  return {
    ...record,
    lastHeight: (record.epoch + 1n) * terms.epochBlocks - 1n,
    advice: adviceFor(record.phase, outlook),
    volatilityBps: outlook.volatilityBps,
  };
}

export const paramsRoute = route({
  method: "GET",
  path: "/api/v1/chain/params",
  summary: "what the next block runs under: what the genesis fixed, and what authorities have changed since",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(chainParams),
  handle(_input, {node}) {
    const {params} = node.view();
    return {...params, rules: rulesName(params)};
  },
});

export const emissionRoute = route({
  method: "GET",
  path: "/api/v1/mining/emission",
  summary: "the emission schedule at the tip",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(emission),
  handle(_input, {node}) {
    const view = node.view();
    const {height} = view.head;
    const {blockTimeSeconds} = view.params;
    const {capDust: miningCapDust, ...schedule} = tokenomicsOf(view);
    return {
      ...schedule,
      chainTip: height,
      miningCapDust,
      firstHeightOfNextEpoch: nextHalvingHeight(height, blockTimeSeconds),
      mintedDust: view.supply().minedDust,
    };
  },
});

export const accountRoute = route({
  method: "GET",
  path: "/api/v1/mining/account",
  summary: "balance and nonce of an account",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {address: inQuery(addressKind, "the account")},
  body: null,
  reply: json(account),
  handle({address}, {node}) {
    const found = node.view().account(address);
    return {address, balance: found?.balanceDust ?? 0n, nonce: found?.nonce ?? 0n, present: found !== null};
  },
});

export const versionsRoute = route({
  method: "GET",
  path: "/api/v1/versions",
  summary: "versions of this API",
  auth: "public",
  errors: "status",
  cost: 0.05,
  params: {},
  body: null,
  reply: json(versions),
  handle: () => ({versions: ["v1"], current: "v1"}),
});
