import t from "tap";
import { Comeback } from "../../web/player/comeback.ts";
import { UNREACHABLE } from "../../web/api/problem.ts";
import { FORGOTTEN, MAY_BE_MENDED, NOT_YET } from "../../web/player/problem-kinds.ts";

const [forgotten = ""] = FORGOTTEN;
const [mended = ""] = [...MAY_BE_MENDED].filter((code) => code !== UNREACHABLE && !FORGOTTEN.has(code));
const MINUTE = 60_000;

t.test(
  "comeback: what failed with the box gone begins again when it is back, within a quarter of an hour",
  async (t) => {
    for (const code of [mended, forgotten]) {
      const comeback = new Comeback();
      t.equal(comeback.failed(code, MINUTE), null, "nothing is begun while it is gone");
      t.ok(comeback.back(code, 15 * MINUTE));
      t.notOk(comeback.back(code, 17 * MINUTE), "nobody may be there any more");
    }
    t.notOk(new Comeback().back(null, MINUTE), "it plays");
    const refused = new Comeback();
    refused.failed("parental-locked", MINUTE);
    t.notOk(refused.back("parental-locked", 2 * MINUTE), "the box being back does not change that");
  },
);

t.test("comeback: just after the return the end of what played before is begun again, once", async (t) => {
  const comeback = new Comeback();
  comeback.back(null, MINUTE);
  t.equal(comeback.failed(forgotten, MINUTE + 1000), 0);
  t.equal(comeback.failed(forgotten, MINUTE + 2000), null, "not in a circle");
});

t.test("comeback: a network that is gone again just after its return is tried a little later", async (t) => {
  const comeback = new Comeback();
  comeback.back(null, MINUTE);
  const wait = comeback.failed(UNREACHABLE, MINUTE + 1000);
  t.ok(wait !== null && wait > 500 && wait < 10_000, `${wait} ms`);
  t.equal(comeback.failed(UNREACHABLE, 3 * MINUTE), null, "long after it, it is a failure as any");
});

t.test("comeback: a box that has just begun is given time for its tuners", async (t) => {
  const comeback = new Comeback();
  comeback.back(UNREACHABLE, MINUTE);
  for (const code of [...NOT_YET, "no-lock"])
    for (const after of [1000, 25_000])
      t.ok(comeback.failed(code, MINUTE + after), `${code} ${after} ms after`);
  for (const code of [...NOT_YET, "no-lock"]) t.equal(comeback.failed(code, 2 * MINUTE), null, code);
  t.equal(comeback.failed("scrambled", MINUTE + 1000), null, "time does not mend that");
});
