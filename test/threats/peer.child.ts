import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import type { Daemon } from "../helpers/daemon.ts";

/**
 * A phone on another machine that pairs without a key, which is for phones at home alone, and lists the channels. `argv`: what
 * is to be done as JSON; prints what came of it as JSON.
 */
export interface PeerWish {
  readonly url: string;
  readonly from: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** To pair with; null: use the cookie. */
  readonly offer: { readonly code: string; readonly url: string } | null;
  readonly cookie: string | null;
}

export interface PeerReport {
  readonly claim: { readonly status: number; readonly code?: string } | null;
  readonly cookie: string | null;
  readonly channels: { readonly status: number; readonly code?: string };
}

const wish = JSON.parse(process.argv[2] ?? "") as PeerWish;
const { url, from, headers } = wish;
const post = (path: string, body: unknown) =>
  onTheWire(url, path, {
    method: "POST",
    body,
    from,
    headers: {
      ...headers,
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(JSON.stringify(body))),
    },
  });

let { cookie } = wish;
let claim: PeerReport["claim"] = null;
if (wish.offer !== null) {
  // From here the box's own socket is out of reach; what a phone must know before it pairs is open to all.
  const local = (method: string, path: string) => onTheWire(url, path, { method, from });
  const phone = await KeyPhone.make({ url, local } as unknown as Daemon, url);
  const body = await phone.claimBody(wish.offer, "code", { key: null, refresh: "cookie" });
  const claimed = await post("/api/v1/pairing/claim", body);
  claim = { status: claimed.status, code: claimed.body.code };
  if (claimed.status === 200) {
    const polled = await post("/api/v1/pairing/poll", { claim: claimed.body.claim });
    cookie = polled.headers["set-cookie"]?.[0]?.split(";")[0] ?? null;
  }
}
const listed = await onTheWire(url, "/api/v1/channels", {
  from,
  headers: { ...headers, cookie: cookie ?? "" },
});
const report: PeerReport = { claim, cookie, channels: { status: listed.status, code: listed.body.code } };
console.log(JSON.stringify(report));
