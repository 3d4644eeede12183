import {UsageError} from "../../../errors.js";

/** 32 bytes in hex. */
export function nonceFlag(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new UsageError("FLAG_INVALID", `"${text}" is not 64 hex digits`, {hint: "openssl rand -hex 32 draws a nonce"});
}
