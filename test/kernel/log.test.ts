import t from "tap";
import { createLog, redactUrl } from "../../src/kernel/log.ts";

const GRANT = "ASZ_wDcAawI7phBUMzRJTTdyOUN3dDlaTEQ1bw_VDaoRVeWqW_6-bhRW5w0PS6_I4r5857_A8cq4tOPxJPfo_Bed";

t.test("log: T17 a grant is taken out of an address, however the address is written", (t) => {
  for (const url of [
    `/m/${GRANT}/index.m3u8`,
    `/%6d/${GRANT}/x`,
    `//m/${GRANT}/x`,
    `/m/a/..%2f${GRANT}/x`,
    `/x?token=${GRANT}`,
  ]) {
    t.notMatch(redactUrl(url), GRANT.slice(0, 20), url);
  }
  t.equal(redactUrl("/api/v1/channels?x=1"), "/api/v1/channels?…");
  t.end();
});

t.test("log: T17 members that hold secrets are censored at every depth that is written", (t) => {
  let text = "";
  const log = createLog({ destination: { write: (line: string) => void (text += line) } });
  log.info(
    {
      token: "s3cret",
      headers: { authorization: "s3cret" },
      a: { b: { cookie: "s3cret" } },
      code: "no-lock",
    },
    "event",
  );
  t.notMatch(text, /s3cret/);
  t.match(text, /"code":"no-lock"/, "an error's code is no secret");
  t.end();
});
