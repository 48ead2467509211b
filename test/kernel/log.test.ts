import t from "tap";
import { createLog, readableLine, redactUrl } from "../../src/kernel/log.ts";

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

t.test("log: for a person a line says when, what, and what to do", (t) => {
  let text = "";
  const log = createLog({ readable: true, destination: { write: (line: string) => void (text += line) } });
  log
    .child({ module: "dvb" })
    .warn(
      { tuner: "dvb-0", cure: "DVB adapter 0 may not be opened.", token: "s3cret" },
      "dvb-adapter-unusable",
    );
  t.match(
    text,
    /^\d\d:\d\d:\d\d warning: dvb adapter unusable \(tuner dvb-0, token \*\*\*\): DVB adapter 0 may not be opened\.\n$/,
  );
  text = "";
  log.info({ http: 8080 }, "listening");
  t.match(text, /^\d\d:\d\d:\d\d listening \(http 8080\)\n$/);
  text = "";
  log.error({ err: new Error("one\u001b[2J\ntwo") }, "went-wrong");
  t.match(text, /error: went wrong: one \[2J two\n$/, "no byte that steers the terminal");
  t.equal(readableLine("no JSON\n"), "no JSON\n");
  t.end();
});
