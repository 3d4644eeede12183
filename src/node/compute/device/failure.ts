/** What a device that computes can come to. */
import {UnavailableError} from "../../../errors.js";

export const deviceFailed = (why: string, cause?: unknown): UnavailableError =>
  new UnavailableError("DEVICE_FAILED", why, {
    hint: "use another backend",
    ...(cause === undefined ? {} : {cause}),
  });
