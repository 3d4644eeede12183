/** Bonds of miners, counted from the mining protocol's text: who enrolls, goes, is punished, and gets how much back. */
import type {Genesis} from "../../../src/codecs/chain/genesis.js";
import {ENROLL_V3_CONTRACT, strictEnrollment, UNENROLL_V3_CONTRACT} from "../../../src/codecs/chain/payloads.js";
import {enrollment, unenrollment} from "../../../src/codecs/enrollment.js";
import {AUTO_REVOKE_MIN_STAKE, REWARD_BPS} from "../../../src/codecs/governance/parameters.js";
import {doubleMining} from "../../../src/codecs/slashing/double-mining.js";
import {freshnessCheat} from "../../../src/codecs/slashing/freshness-cheat.js";
import {SLASH_CONTRACT, type SlashPayload, slashPayload} from "../../../src/codecs/slashing/payload.js";
import type {Called, Fault, Purse} from "./purse.js";

interface Bond {
  readonly owner: string;
  readonly dust: bigint;
  readonly enrolled: bigint;
  /** Height of the end, and of the return; null while it mines. */
  readonly ended: {readonly at: bigint; readonly back: bigint} | null;
}

export interface BondBookPorts {
  readonly purse: Purse;
  isCheat(nodeId: string): boolean;
  /** What authorities made of a parameter. */
  governed(param: string): bigint;
  fault: Fault;
}

export class BondBook {
  readonly #bonds = new Map<string, Bond>();
  readonly #punished = new Set<string>();

  constructor(
    private readonly genesis: Genesis,
    private readonly ports: BondBookPorts,
  ) {}

  /** Whether a proof of `nodeId` may be paid. */
  isMining(nodeId: string): boolean {
    return this.#bonds.get(nodeId)?.ended === null;
  }

  /** A call of somebody who mines, or watches those who do; whether it is one. */
  called(call: Called): boolean {
    switch (call.contract) {
      case ENROLL_V3_CONTRACT:
        this.#enroll(call);
        return true;
      case UNENROLL_V3_CONTRACT:
        this.#unenroll(call);
        return true;
      case SLASH_CONTRACT:
        this.#slash(call);
        return true;
      default:
        return false;
    }
  }

  #enroll({sender, payload, height, applied}: Called): void {
    const {nodeId, stakeDust} = enrollment.decode(strictEnrollment.decode(payload).payload);
    const {purse} = this.ports;
    const may = stakeDust === this.genesis.params.bondDust && purse.of(sender) >= stakeDust && !this.#bonds.has(nodeId);
    if (!this.#agrees(may, {applied, height, what: `enrollment of ${nodeId}`})) return;
    purse.move(sender, -stakeDust);
    this.#bonds.set(nodeId, {owner: sender, dust: stakeDust, enrolled: height, ended: null});
  }

  #unenroll({sender, payload, height, applied}: Called): void {
    const {nodeId} = unenrollment.decode(payload);
    const bond = this.#bonds.get(nodeId);
    const may = bond !== undefined && bond.owner === sender && bond.ended === null;
    if (!this.#agrees(may, {applied, height, what: `unenrollment of ${nodeId}`})) return;
    this.#end(nodeId, bond!, height);
  }

  /** A report that is true, whole and the first of its offence is taken; one about somebody honest never. */
  #slash({sender, payload, height, applied}: Called): void {
    const slash = slashPayload.decode(payload);
    const {nodeId, slashAmountDust} = slash;
    const {slashCapDust} = this.genesis.params;
    const bond = this.#bonds.get(nodeId);
    const offence = `${nodeId}/${offenceOf(slash)}`;
    const {fault, governed, isCheat, purse} = this.ports;
    if (applied && !isCheat(nodeId)) fault("slashing", `height ${height} punishes ${nodeId}, which is honest`);
    if (applied && this.#punished.has(offence)) fault("slashing", `height ${height} punishes ${offence} a second time`);
    const taken = bond && (bond.dust < slashCapDust ? bond.dust : slashCapDust);
    const may =
      bond !== undefined &&
      isCheat(nodeId) &&
      inOrder(slash) &&
      heightOf(slash) >= bond.enrolled &&
      slashAmountDust >= taken! &&
      !this.#punished.has(offence) &&
      (bond.dust > 0n || bond.ended === null);
    if (may !== applied)
      fault("slashing", `height ${height} ${applied ? "takes" : "refuses"} the report about ${offence}`);
    if (!may || !applied) return;
    this.#punished.add(offence);
    const rewarded = (taken! * governed(REWARD_BPS)) / 10_000n;
    purse.move(sender, rewarded);
    purse.burnedDust += taken! - rewarded;
    const left = {...bond, dust: bond.dust - taken!};
    this.#bonds.set(nodeId, left);
    if (left.ended === null && left.dust < governed(AUTO_REVOKE_MIN_STAKE)) this.#end(nodeId, left, height);
  }

  #end(nodeId: string, bond: Bond, at: bigint): void {
    const {blockTimeSeconds, unbondWindowSeconds} = this.genesis.params;
    const back = at + BigInt(Math.ceil(unbondWindowSeconds / blockTimeSeconds));
    this.#bonds.set(nodeId, {...bond, ended: {at, back}});
  }

  settle(height: bigint): void {
    for (const [nodeId, {owner, dust, ended}] of this.#bonds) {
      if (ended === null || ended.back > height) continue;
      this.#bonds.delete(nodeId);
      this.ports.purse.move(owner, dust);
    }
  }

  lines(): string[] {
    return [...this.#bonds].map(([nodeId, {owner, dust, ended}]) =>
      bondLine(nodeId, {
        ...{owner, stakeDust: dust},
        ...{revokedAtHeight: ended?.at ?? null, unbondMaturesAtHeight: ended?.back ?? null},
      }),
    );
  }

  #agrees(may: boolean, {applied, height, what}: {applied: boolean; height: bigint; what: string}): boolean {
    if (may !== applied) this.ports.fault("bonds", `height ${height} ${applied ? "takes" : "refuses"} the ${what}`);
    return may && applied;
  }
}

export const bondLine = (
  nodeId: string,
  record: {
    readonly owner: string;
    readonly stakeDust: bigint;
    readonly revokedAtHeight: bigint | null;
    readonly unbondMaturesAtHeight: bigint | null;
  },
): string => {
  const {owner, stakeDust, revokedAtHeight, unbondMaturesAtHeight} = record;
  return `bond ${nodeId} ${stakeDust} of ${owner}, ended at ${revokedAtHeight}, back at ${unbondMaturesAtHeight}`;
};

/** Whichever way round and however often it is told. */
function offenceOf(slash: SlashPayload): string {
  const {epoch, height, nonce} = proofOf(slash);
  const solution = slash.evidenceKind === "double-mining" ? "" : ` with ${Buffer.from(nonce).toString("hex")}`;
  return `${slash.evidenceKind} in epoch ${epoch} at height ${height}${solution}`;
}

const heightOf = (slash: SlashPayload): bigint => proofOf(slash).height;

const proofOf = ({evidenceKind, evidence}: SlashPayload) =>
  evidenceKind === "double-mining"
    ? doubleMining.readCompat(evidence!).proofA
    : freshnessCheat.readCompat(evidence!).proof;

/** Evidence has one spelling. */
function inOrder({evidenceKind, evidence}: SlashPayload): boolean {
  if (evidenceKind !== "double-mining") return true;
  const given = doubleMining.readCompat(evidence!);
  return Buffer.from(doubleMining.encode(given)).equals(Buffer.from(evidence!));
}
