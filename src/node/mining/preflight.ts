/**
 * What a validator's status says about mining on its chain, before any work is done. Decisions and texts are the
 * reference's: an unreachable validator stops nobody, and one without a word about mining is taken for an old one.
 * Source: QSDM mining protocol, section 22.2.
 */
import {STATUS_CODES} from "node:http";
import {quoteText} from "../../codecs/go/quote.js";
import {readFirst} from "../../codecs/go/readers.js";
import {type GoValue, goStruct, member} from "../../codecs/go/struct.js";
import {goBool, goList, goNullable, goText, goUint32, goUint64} from "../../codecs/go/types.js";
import {DecodeError} from "../../errors.js";
import type {HttpGet} from "./challenge-source.js";

const statusWire = goStruct("preflight.statusBlob", {
  chainTip: member("chain_tip", goUint64),
  network: member("network", goText()),
  mining: member(
    "mining",
    goNullable(
      goStruct("preflight.MiningBlock", {
        protocolVersions: member("protocol_versions_accepted", goList(goUint32)),
        forkV2Active: member("fork_v2_active", goBool),
        attestationTypes: member("attestation_types_required", goList(goText())),
        minStakeDust: member("min_enroll_stake_dust", goUint64),
      }),
    ),
  ),
});

/** What the validator said. */
export type ProbedStatus = GoValue<typeof statusWire>;
export type Decision = "proceed-v1" | "proceed-v2" | "refuse-v1";

export interface Preflight {
  readonly decision: Decision;
  /** For people; every line begins with `[preflight] `. */
  readonly text: string;
  /** Null where the validator could not be asked. */
  readonly status: ProbedStatus | null;
  /** Null where it could. */
  readonly error: string | null;
}

const LONGEST = 1024 * 1024;

/** Where a validator's status is. */
export function statusUrl(base: string): string {
  const bare = base.replace(/\/+$/, "");
  return bare.endsWith("/api/v1") ? `${bare}/status` : `${bare}/api/v1/status`;
}

/** An amount in CELL: whole, or with all eight decimals. */
export function dustAsCell(dust: bigint): string {
  const [whole, rest] = [dust / 100_000_000n, dust % 100_000_000n];
  return rest === 0n ? String(whole) : `${whole}.${String(rest).padStart(8, "0")}`;
}

export interface PreflightOptions {
  /** Whether the miner makes version 2 proofs. */
  readonly claimsV2: boolean;
  /** Whether the operator goes on against advice. */
  readonly override: boolean;
  readonly signal: AbortSignal;
}

/** Asks the validator and decides. Whatever goes wrong on the way is part of the answer. */
export async function preflight(get: HttpGet, base: string, options: PreflightOptions): Promise<Preflight> {
  const url = statusUrl(base);
  // The reference proceeds with version 1 here, whatever the miner claims (quirk Q48).
  if (!URL.canParse(url)) return failed(`preflight: build request: parse ${quoteText(url)}: invalid URL`, false);
  const probed = await probe(get, url, options.signal);
  if (typeof probed === "string") return failed(probed, options.claimsV2);
  return {...decided(probed, options), status: probed, error: null};
}

async function probe(get: HttpGet, url: string, signal: AbortSignal): Promise<ProbedStatus | string> {
  try {
    const {status, body} = await get(url, {accept: "application/json", maxBytes: LONGEST, signal});
    if (status !== 200) return `preflight: GET ${url}: HTTP ${status} ${status} ${STATUS_CODES[status] ?? ""}`;
    const wording = {code: "STATUS_INVALID", prefix: `preflight: decode JSON from ${url}: `};
    return readFirst(statusWire, body, {...wording, unknown: "ignore"});
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    return `preflight: GET ${url}: ${error instanceof Error ? error.message : error}`;
  }
}

const line = (text: string): string => `[preflight] ${text}`;
const proceedV2 = (network: string, tip: bigint): string =>
  line(`validator ${network} is v2-active at tip=${tip}. Proceeding with v2 protocol.`);

function failed(error: string, claimsV2: boolean): Preflight {
  const advice = "the runLoop will surface a more specific error if the validator is misconfigured.";
  const text = line(`could not probe validator (${error}). Proceeding anyway; ${advice}`);
  const said = {status: null, error};
  // The text claims an active fork that nobody has seen (quirk Q49).
  return claimsV2
    ? {...said, decision: "proceed-v2", text: proceedV2("", 0n)}
    : {...said, decision: "proceed-v1", text};
}

function decided(
  {chainTip, network, mining}: ProbedStatus,
  {claimsV2, override}: PreflightOptions,
): Pick<Preflight, "decision" | "text"> {
  if (mining && !mining.forkV2Active) {
    const text = line(
      `validator ${network} is v1 at tip=${chainTip} (v2 fork not yet active). Proceeding with v1 protocol.`,
    );
    return {decision: "proceed-v1", text};
  }
  if (claimsV2) return {decision: "proceed-v2", text: proceedV2(network, chainTip)};
  if (mining) return {decision: "refuse-v1", text: refusal({chainTip, network, mining}, override)};
  const old = "does not advertise a `mining` block in /api/v1/status (likely pre-v0.3.2)";
  return {decision: "proceed-v1", text: line(`validator ${network} ${old}. Proceeding without a posture check.`)};
}

function refusal(
  {chainTip, network, mining}: ProbedStatus & {readonly mining: NonNullable<ProbedStatus["mining"]>},
  override: boolean,
): string {
  const {protocolVersions, attestationTypes, minStakeDust} = mining;
  const lines = [
    `REFUSING TO MINE: validator ${network} reports the v2 NVIDIA-locked fork is ACTIVE at tip=${chainTip}. ` +
      "v1 proofs are rejected at the verifier with ReasonBadVersion. Every CPU cycle you burn here is wasted.",
    `  accepted protocol versions: [${(protocolVersions.length === 0 ? [2] : protocolVersions).join(" ")}]`,
  ];
  if (attestationTypes.length > 0) lines.push(`  required attestation types: ${attestationTypes.join(", ")}`);
  if (minStakeDust > 0n)
    lines.push(`  minimum enrollment stake: ${minStakeDust} dust (${dustAsCell(minStakeDust)} CELL)`);
  lines.push(
    "  To mine on this chain, switch to qsdmminer-console --protocol=v2 with an enrolled NVIDIA GPU. " +
      "See QSDM/docs/docs/MINER_QUICKSTART.md.",
  );
  if (override)
    lines.push("WARNING: --allow-v1 override set. Continuing with v1 anyway. All submitted proofs WILL be rejected.");
  return lines.map(line).join("\n");
}
