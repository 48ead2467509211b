import t from "tap";
import { isAtBox, isFromBox } from "../../src/access-control/at-box.ts";
import { HTTPS_LAN, LAN, LOCAL, LOOPBACK, TUNNEL, WAN_HTTP } from "./house.ts";

t.test("at the box: a socket of the box itself, by one of its own names, and nothing between", async (t) => {
  for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8443", "127.0.0.1"])
    t.ok(isAtBox({ origin: LOOPBACK, headers: { host } }), host);
  t.ok(isAtBox({ origin: { ...LOOPBACK, listener: "https", address: "::1" }, headers: { host: "[::1]" } }));
  for (const host of [
    "192.168.1.5:8080",
    "box.example",
    "127.0.0.1.evil.test",
    "localhost.evil.test",
    "x@localhost",
    "",
  ])
    t.notOk(isAtBox({ origin: LOOPBACK, headers: { host } }), host);
  t.notOk(isAtBox({ origin: LOOPBACK, headers: {} }), "without a name");
  for (const name of ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
    t.notOk(isAtBox({ origin: LOOPBACK, headers: { host: "localhost", [name]: "" } }), name);
});

t.test("at the box: no other door", async (t) => {
  for (const origin of [LAN, HTTPS_LAN, WAN_HTTP, LOCAL, TUNNEL]) {
    t.notOk(isFromBox(origin));
    t.notOk(isAtBox({ origin, headers: { host: "localhost" } }));
  }
});
