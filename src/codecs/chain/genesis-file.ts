/**
 * The genesis as a file for people: JSON with amounts and heights as decimal text and keys as hex. Its meaning is the
 * canonical record of genesis.ts; this form is never hashed.
 */
import * as z from "zod";
import {DecodeError, UsageError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {bytesOfHex, hexOf} from "../bytes.js";
import {type Genesis, type GenesisParams, genesis as genesisCodec} from "./genesis.js";

const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .transform(BigInt);
const hex = z.string().transform((text) => bytesOfHex(text));
const count = z.number().int().nonnegative();

const DEVICE_TRUST = z.strictObject({
  roots: z.array(hex),
  minFirmware: z.string(),
  minDriver: z.string(),
  references: z.array(
    z.strictObject({
      driver: z.string(),
      firmware: z.string(),
      measurements: z.array(z.strictObject({index: count, digests: z.array(hex)})),
    }),
  ),
});

const MONETARY = z.strictObject({
  mode: z.enum(["shadow", "active"]),
  epochBlocks: amount,
  validatorsBps: count,
  insuranceBps: count,
  communityBps: count,
  treasury: z.string(),
  insurance: z.string(),
  community: z.string(),
});

const PARAMS = z.strictObject({
  rules: z.enum(["strict", "compat"]),
  blockTimeSeconds: count,
  dagEntries: count,
  initialDifficulty: amount,
  minDifficulty: amount,
  retargetIntervalBlocks: amount,
  retargetClamp: amount,
  targetProofsPerBlock: count,
  blocksPerEpoch: amount,
  graceBlocks: amount,
  forkV2Height: amount,
  forkTensorHeight: amount,
  freshnessWindowSeconds: count,
  futureSkewSeconds: count,
  bondDust: amount,
  unbondWindowSeconds: count,
  slashCapDust: amount,
  slashRewardBps: count,
  autoRevokeMinStakeDust: amount,
  baseFeeDust: amount,
  baseFeeChangeDenominator: count,
  blockGasTargetBps: count,
  feeBurnBps: count,
  maxTransactions: count,
  maxProofs: count,
  maxBlockBytes: count,
  maxBlockGas: amount,
  maxBlockRecords: amount,
  validatorStakeDust: amount,
  validatorEpochBlocks: amount,
  validatorUnbondSeconds: count,
  validatorsMax: count,
  deviceTrust: DEVICE_TRUST,
  monetary: MONETARY.nullable(),
});

type NotNumbers = "rules" | "deviceTrust" | "monetary";
const NOT_NUMBERS: readonly string[] = ["rules", "deviceTrust", "monetary"] satisfies NotNumbers[];
/** Which rules hold is the network's, not a number to turn. */
export const GENESIS_NUMBERS = Object.keys(PARAMS.shape).filter((name) => !NOT_NUMBERS.includes(name)) as Exclude<
  keyof GenesisParams,
  NotNumbers
>[];

const SCHEMA = z.strictObject({
  chainId: z.string(),
  network: z.string(),
  timeMs: amount,
  params: PARAMS,
  allocations: z.array(z.strictObject({to: z.string(), amountDust: amount})),
  authorities: z.array(z.string()),
  vestings: z.array(z.strictObject({to: z.string(), amountDust: amount, cliffHeight: amount, endHeight: amount})),
  validators: z.array(z.strictObject({publicKey: z.string(), power: amount, account: z.string()})),
});

/**
 * Reads a genesis file.
 * @throws DecodeError GENESIS_FILE_INVALID
 */
export function parseGenesis(text: string): Genesis {
  try {
    const {validators, ...rest} = SCHEMA.parse(JSON.parse(text));
    const genesis: Genesis = {
      ...rest,
      validators: validators.map((each) => ({...each, publicKey: bytesOfHex(each.publicKey)})),
    };
    // The codec holds every limit; what it would not write is not a genesis.
    return genesisCodec.decode(genesisCodec.encode(genesis));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : cause instanceof Error ? cause.message : "";
    throw new DecodeError("GENESIS_FILE_INVALID", `not a genesis file: ${why}`, {cause});
  }
}

/**
 * `params` with one of them as `NAME=VALUE` says. Whether the value makes a chain is for `checkGenesis`.
 * @throws UsageError GENESIS_PARAM_INVALID
 */
export function withParam(params: GenesisParams, assignment: string): GenesisParams {
  const refuse = (why: string): never => {
    throw new UsageError("GENESIS_PARAM_INVALID", `"${assignment}" ${why}`, {
      hint: `write NAME=VALUE, NAME one of ${GENESIS_NUMBERS.join(", ")}`,
    });
  };
  const [, given = "", text = ""] = /^([A-Za-z0-9]+)=([0-9]{1,20})$/.exec(assignment) ?? refuse("is not NAME=VALUE");
  const name = GENESIS_NUMBERS.find((each) => each === given) ?? refuse("names no parameter of a genesis");
  const value = typeof params[name] === "bigint" ? BigInt(text) : Number(text);
  if (value > (typeof value === "bigint" ? U64_MAX : 0xffff_ffff)) refuse("is too large");
  return {...params, [name]: value};
}

/** The file's text, with a final newline. */
export function formatGenesis(genesis: Genesis): string {
  const text = JSON.stringify(
    genesis,
    (_key, value) => {
      if (typeof value === "bigint") return value.toString();
      return value instanceof Uint8Array ? hexOf(value) : value;
    },
    2,
  );
  return `${text}\n`;
}
