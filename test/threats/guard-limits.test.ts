import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import t from "tap";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { forgedToken } from "../helpers/forged-token.ts";
import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import { literally, openDoor } from "../helpers/raw-http.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/** One request again and again, sixteen at a time, until one is refused as one too many. @returns how many were not, and what that said */
async function untilLimited(
  url: string,
  path: string,
  wish: { method?: string; headers?: Record<string, string>; body?: string; from: string },
  most = 2000,
): Promise<{ before: number; retryAfter: string | undefined; code: string | undefined }> {
  const { method = "GET", headers, body, from } = wish;
  const agent = new Agent({ keepAlive: true, maxSockets: 16, localAddress: from });
  const json =
    body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
  const ask = (): Promise<{ answer: IncomingMessage; text: string }> =>
    new Promise((resolve, reject) => {
      const options = { agent, method, headers: { ...json, ...headers } };
      const request = httpRequest(new URL(path, url), options, (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.once("end", () => resolve({ answer, text }));
      });
      request.once("error", reject);
      request.end(body);
    });
  let before = 0;
  const refused: { retryAfter: string | undefined; code: string | undefined }[] = [];
  const one = async (): Promise<void> => {
    while (refused.length === 0 && before < most) {
      const { answer, text } = await ask();
      if (answer.statusCode === 429)
        refused.push({ retryAfter: answer.headers["retry-after"], code: /"code":"([^"]+)"/.exec(text)?.[1] });
      else before++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
  agent.destroy();
  if (refused[0] === undefined) throw new Error(`${before} requests, and none was one too many`);
  return { before, ...refused[0] };
}

/** What a client can wait for. */
const LIMITED = { code: "rate-limited", retryAfter: /^[1-9]\d?$/ };

t.test(
  "T24: who guesses at tokens is stopped; neighbours, and clients behind the same address, are not",
  async (t) => {
    const state = await temporaryFolder(t);
    const config = 'http: {address: "::", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n';
    let box = await startDaemon(t, { tuner: null, state, config });
    const phone = await KeyPhone.paired(box);
    const headers = { authorization: `DPoP ${await forgedToken(box, phone.tokens?.client)}`, dpop: "x.y.z" };
    const path = "/api/v1/channels";
    const guess = (url: string, from?: string) =>
      onTheWire(url, path, { headers, ...(from !== undefined && { from }) });
    const flooded = await untilLimited(box.url, path, { headers, from: "127.0.0.50" });
    t.match(flooded, LIMITED);
    t.ok(flooded.before >= 50, `${flooded.before} guesses were judged first`);
    t.equal((await guess(box.url, "127.0.0.51")).status, 401, "the neighbour's own guess is judged");
    t.equal(
      (await guess(`http://[::1]:${box.http}`)).status,
      401,
      "and so is that of another family's address",
    );

    phone.from = "127.0.0.50";
    t.equal((await phone.call("GET", path)).status, 200, "a client behind the same address");
    t.equal((await phone.refresh()).status, 200, "renews itself");
    t.equal((await phone.call("GET", path)).status, 200, "with a token that was never seen before");
    // One guess a second it has again, and sixteen are asked at a time.
    const more = await untilLimited(box.url, path, { headers, from: "127.0.0.50" });
    t.ok(more.before <= 40, `and the guesser is not heard as before: ${more.before} times`);

    const open = "/api/v1/box";
    const there = await untilLimited(box.url, open, { headers, from: "127.0.0.50" });
    t.ok(there.before <= 40, `nor at what is open and asks who it is: ${there.before} times`);
    t.equal((await onTheWire(box.url, open, { from: "127.0.0.50" })).status, 200, "which stays open");

    // Whoever has a client's token and not its key is stopped, and the client is not.
    const stolen = { authorization: `DPoP ${phone.tokens?.accessToken}`, dpop: "x.y.z" };
    t.match(await untilLimited(box.url, path, { headers: stolen, from: "127.0.0.52" }), LIMITED);
    t.equal((await phone.call("GET", path)).status, 200, "the client");

    // Not by what the process remembers, either.
    await box.stop();
    box = await startDaemon(t, { tuner: null, state, config });
    await untilLimited(box.url, path, { headers, from: "127.0.0.50" });
    const again = await KeyPhone.make(box);
    const { privateKey, jwk, thumbprint, tokens } = phone;
    Object.assign(again, { privateKey, jwk, thumbprint, tokens, from: "127.0.0.50" });
    t.equal((await again.call("GET", path)).status, 200, "after a restart, with a token of before");
  },
);

t.test("T24: floods of what is open, and of media addresses, stop nobody but their sender", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const phone = await KeyPhone.paired(box);
  const [poll, renew] = ["/api/v1/pairing/poll", "/api/v1/token"];
  const claim = JSON.stringify({ claim: "x".repeat(43) });
  const polls = await untilLimited(box.url, poll, { method: "POST", body: claim, from: "127.0.0.60" });
  t.match(polls, LIMITED);
  t.ok(polls.before >= 300, `${polls.before} polls first: more than an honest phone makes in seven minutes`);
  const other = await onTheWire(box.url, poll, {
    method: "POST",
    body: { claim: "x".repeat(43) },
    from: "127.0.0.61",
  });
  t.not(other.status, 429, "another sender polls");
  const offer = await box.openOffer("viewer");
  const late = await KeyPhone.make(box);
  late.from = "127.0.0.60";
  t.equal((await late.claim(await late.claimBody(offer))).status, 200, "another route has limits of its own");

  const body = JSON.stringify({ refreshToken: "none" });
  t.match(await untilLimited(box.url, renew, { method: "POST", body, from: "127.0.0.62" }), LIMITED);
  phone.from = "127.0.0.62";
  t.equal((await phone.refresh()).status, 200, "a refresh token that is good passes a flood of bad ones");

  const media = "/m/forged/index.m3u8";
  t.match(await untilLimited(box.url, media, { from: "127.0.0.63" }), LIMITED);
  t.equal((await onTheWire(box.url, media, { from: "127.0.0.64" })).status, 403);
  t.match(
    await untilLimited(box.url, "/nothing", { from: "127.0.0.65" }),
    LIMITED,
    "nor is it free to look for what there is",
  );
  for (let i = 0; i < 500; i++) await box.local("GET", "/healthz");
  t.equal((await box.local("GET", "/healthz")).status, 200, "the command line is not counted");
});

/** Opens so many that say nothing. @returns those that are still open, now and later */
function open(door: Parameters<typeof openDoor>[0], count: number): Set<Socket> {
  const still = new Set<Socket>();
  for (let i = 0; i < count; i++) {
    const socket = openDoor(door);
    still.add(socket);
    socket.on("error", () => still.delete(socket));
    socket.on("close", () => still.delete(socket));
    socket.on("end", () => still.delete(socket));
  }
  return still;
}

t.test(
  "T23, T24: no sender has more than its share of connections, and newcomers always get in",
  async (t) => {
    const box = await startDaemon(t, { tuner: null });
    const all: Set<Socket>[] = [];
    t.teardown(() => all.forEach((sockets) => sockets.forEach((socket) => socket.destroy())));
    const ask = (from: string) => onTheWire(box.url, "/api/v1/box", { from, timeoutMs: 3000 });

    const one = open({ port: box.http, from: "127.0.0.70" }, 100);
    all.push(one);
    await eventually("the surplus is closed", () => one.size <= 64, 3000, 20);
    t.ok(one.size >= 60, `${one.size} of one sender`);
    t.equal((await ask("127.0.0.71")).status, 200, "another sender");
    await eventually(
      "one of its own silent ones makes room",
      async () => {
        const answer = await ask("127.0.0.70").catch(() => null);
        return answer?.status === 200;
      },
      4000,
    );

    for (let n = 0; n < 10; n++) all.push(open({ port: box.http, from: `127.0.0.${80 + n}` }, 64));
    await eventually("in all", () => all.reduce((sum, { size }) => sum + size, 0) <= 512, 5000, 20);
    for (let n = 0; n < 40; n++) t.equal((await ask(`127.0.1.${n}`)).status, 200, "a newcomer");
    t.ok(all.reduce((sum, { size }) => sum + size, 0) >= 380, "the others stay");
    for (let i = 0; i < 3; i++) t.equal((await box.local("GET", "/healthz")).status, 200, "the command line");
    t.ok(
      await eventually(
        "it is in the log",
        () => box.log.some(({ msg }) => msg === "connections-refused"),
        5000,
      ),
    );
  },
);

t.test("T23: slow heads, slow bodies, silence and slow handshakes end at their limits", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const http = { port: box.http };
  const https = { port: box.https ?? 0 };
  const head = "POST /api/v1/pairing/claim HTTP/1.1\r\nhost: localhost\r\n";
  const body = `${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{`;
  const took = async (
    door: Parameters<typeof literally>[0],
    text: string,
    trickle = "",
  ): Promise<[number | null, boolean, number]> => {
    const from = performance.now();
    const answer = await literally(door, text, 22_000, trickle);
    return [answer.status, answer.closed, (performance.now() - from) / 1000];
  };
  const cases: [string, Promise<[number | null, boolean, number]>, number, (number | null)[]][] = [
    ["silence", took(http, ""), 10, [408]],
    ["half a head", took(http, head), 10, [408]],
    ["a head by the letter", took(http, head, "a"), 10, [408]],
    ["half a body", took(http, body), 15, [408]],
    ["a body by the letter", took(http, body, " "), 15, [408]],
    ["no handshake", took(https, ""), 10, [null]],
    ["half a handshake", took(https, "\x16\x03\x01\x02\x00"), 10, [null]],
    ["silence after the handshake", took({ ...https, tls: true }, ""), 10, [408]],
    ["half a head over TLS", took({ ...https, tls: true }, head), 10, [408]],
  ];
  for (const [name, result, limit, statuses] of cases) {
    const [status, closed, seconds] = await result;
    t.ok(closed, `${name}: closed`);
    t.ok(statuses.includes(status), `${name}: ${status}`);
    // Looked for every two seconds, on a machine that may be busy.
    t.ok(seconds > limit - 3 && seconds < limit + 5, `${name}: ${seconds.toFixed(1)} s`);
  }
});
