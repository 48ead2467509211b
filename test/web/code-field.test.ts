import t from "tap";
import { RECOVERY_LENGTH } from "../../src/protocol/pairing.ts";
import { showCode, typedCode } from "../../web/pairing/code-field.ts";

t.test(
  "web code field: eight letters are a pairing code, twenty a recovery code, in one field",
  async (t) => {
    const typed = (text: string) => typedCode(showCode(text, RECOVERY_LENGTH), "code");
    t.same(typed(""), { kind: "code", code: null, missing: 8 });
    t.same(typed("wdjb m"), { kind: "code", code: null, missing: 3 });
    t.same(typed("wdjb-mjht"), { kind: "code", code: "WDJBMJHT", missing: 0 });
    t.same(typed("wdjb-mjht-b"), { kind: "recovery", code: null, missing: 11 });
    const whole = "BCDF-GHJK-LMNP-QRST-VWXZ";
    t.same(typed(whole), { kind: "recovery", code: whole.replaceAll("-", ""), missing: 0 });
    t.same(typed(`${whole}-BCDF`), typed(whole), "what is beyond is no part of it");
  },
);

t.test("web code field: asked for a recovery code, eight letters are the beginning of one", async (t) => {
  t.same(typedCode("WDJB-MJHT", "recovery"), { kind: "recovery", code: null, missing: 12 });
});
