/** Payments as people keep them: one a line, address, amount in CELL and memo apart by tabs. */
import {checkAddress} from "../../codecs/address.js";
import {parseCell} from "../../codecs/amount.js";
import {BATCH_PAYMENTS_MAX, type Transfer} from "../../codecs/chain/payloads.js";
import {DecodeError, QsdmError} from "../../errors.js";

/** Empty lines and those that start with # are left out. @throws DecodeError PAYMENTS_INVALID naming the line */
export function parsePayments(text: string): readonly Transfer[] {
  const payments: Transfer[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    payments.push(paymentIn(line, at + 1));
    if (payments.length > BATCH_PAYMENTS_MAX) throw refused(`more than ${BATCH_PAYMENTS_MAX} payments`);
  }
  if (payments.length === 0) throw refused("no payment");
  return payments;
}

function paymentIn(line: string, number: number): Transfer {
  const [to = "", amount = "", memo = "", ...more] = line.split("\t");
  try {
    const payment = {to: checkAddress(to), amountDust: parseCell(amount), memo};
    if (more.length === 0 && payment.amountDust > 0n) return payment;
  } catch (cause) {
    if (cause instanceof QsdmError) throw refused(`line ${number}: ${cause.message}`, cause);
    throw cause;
  }
  throw refused(`line ${number}: ${more.length > 0 ? "more than three fields" : "a payment of nothing"}`);
}

const refused = (why: string, cause?: unknown): DecodeError =>
  new DecodeError("PAYMENTS_INVALID", `not a file of payments: ${why}`, {
    cause,
    hint: "write one payment a line: address, amount in CELL and memo, apart by tabs",
  });
