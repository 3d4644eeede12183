/** The file that says how a new chain issues money by stake. TOML. */
import {parse as parseToml} from "smol-toml";
import * as z from "zod";
import {checkAddress} from "../../codecs/address.js";
import {textOf} from "../../codecs/bytes.js";
import type {MonetaryGenesis} from "../../codecs/chain/genesis.js";
import {UsageError} from "../../errors.js";

const count = z.number().int().nonnegative();
const account = z.string().transform((text) => checkAddress(text));

/** Parts as spec/bft-ledger.md 7.3 settles them; epochs of ten minutes where a block takes ten seconds. */
const SCHEMA = z.strictObject({
  mode: z.enum(["shadow", "active"]).default("shadow"),
  epoch_blocks: count.default(60),
  validators_bps: count.default(8_200),
  insurance_bps: count.default(400),
  community_bps: count.default(200),
  treasury: account,
  insurance: account,
  community: account,
});

/**
 * The terms in `bytes`; whether a chain can run by them is for `checkGenesis`.
 * @throws UsageError MONETARY_FILE_INVALID
 */
export function parseMonetaryFile(bytes: Uint8Array, path: string): MonetaryGenesis {
  try {
    const terms = SCHEMA.parse(parseToml(textOf(bytes)));
    const {mode, treasury, insurance, community} = terms;
    return {
      ...{mode, treasury, insurance, community},
      epochBlocks: BigInt(terms.epoch_blocks),
      validatorsBps: terms.validators_bps,
      insuranceBps: terms.insurance_bps,
      communityBps: terms.community_bps,
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError("MONETARY_FILE_INVALID", `${path}: ${why.split("\n")[0]}`, {
      hint: "qsdm-node-init(1) shows such a file",
      cause,
    });
  }
}
