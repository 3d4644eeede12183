/** Which blocks are kept, from settings. */
import {UsageError} from "../../errors.js";
import {ARCHIVE, type Retention} from "../../node/retention.js";
import type {Settings} from "../settings.js";

/** @throws UsageError RETAIN_DAYS_ALONE */
export function retentionOf({retain_blocks: count, retain_days: age}: Settings): Retention {
  const days = age.value === "0" ? null : Number(age.value);
  if (count.value !== "all") return {blocks: BigInt(count.value!), days};
  if (days === null) return ARCHIVE;
  throw new UsageError("RETAIN_DAYS_ALONE", `${age.origin} names days, and all blocks are kept`, {
    hint: "pass --retain-blocks with the least number of blocks to keep as well",
  });
}
