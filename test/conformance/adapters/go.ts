/** Formatting primitives of the reference's language. */
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {readBase64} from "../../../src/codecs/go/base64.js";
import {readHex} from "../../../src/codecs/go/hex.js";
import {formatDuration, formatFloat, formatJsonFloat, parseUint} from "../../../src/codecs/go/number.js";
import {jsonTextOfBytes, quoteBytes} from "../../../src/codecs/go/quote.js";
import {type Adapters, byOperation} from "../case.js";

export const goAdapters: Adapters = {
  "Go formatting primitives that appear inside reference strings": byOperation({
    string(input) {
      const bytes = input.bytes("value_utf8_hex");
      return {
        go_len: bytes.length,
        json_escape_html_hex: hexOf(utf8(jsonTextOfBytes(bytes, "html"))),
        json_no_html_hex: hexOf(utf8(jsonTextOfBytes(bytes, "plain"))),
        quote_q: quoteBytes(bytes),
      };
    },
    float64(input) {
      const value = Number(input.text("shortest"));
      return {fmt_v: formatFloat(value), json: formatJsonFloat(value)};
    },
    duration: (input) => ({text: formatDuration(input.big("nanoseconds"))}),
    hex_decode: (input) => ({bytes: hexOf(readHex(input.text("text")))}),
    base64_decode: (input) => ({bytes: hexOf(readBase64(input.text("text")))}),
    parse_uint64: (input) => ({value: String(parseUint(input.text("text")))}),
  }),
};
