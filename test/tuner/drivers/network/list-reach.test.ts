import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { TellyportError } from "../../../../src/kernel/errors.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import {
  HOME,
  PUBLIC,
  refused,
  type FetchAnswer,
  type FetchRequest,
  type Reach,
  type SafeFetch,
} from "../../../../src/kernel/safe-fetch/index.ts";
import { createNetworkSource } from "../../../../src/tuner/drivers/network/index.ts";
import { parseM3u } from "../../../../src/tuner/drivers/network/m3u.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { RecordingSink } from "./recording-sink.ts";

const log = createLog({ level: "silent" });
const LIST = "#EXTINF:-1,One\nhttp://192.168.1.1:4022/udp/239.1.1.1\n";
const ALLOW = "http://192.168.1.1:4022";

/** A network in which lists come from whom the test says, and streams are only asked for. */
function network(reachOfList: (request: FetchRequest) => Reach) {
  const asked: { url: string; reach: Reach }[] = [];
  const fetch: SafeFetch = (url, request) => {
    asked.push({ url: url.href, reach: request.reach });
    if (!url.pathname.endsWith(".m3u"))
      return Promise.reject(refused("private-from-public", url, request.nameIt));
    const answer: FetchAnswer = {
      status: 200,
      headers: {},
      url,
      reach: reachOfList(request),
      localAddress: null,

      body: (async function* () {
        yield Buffer.from(LIST);
      })(),
      cancel: () => undefined,
    };
    return Promise.resolve(answer);
  };
  return { asked, fetch };
}

async function tuneOne(fetch: SafeFetch, lists: readonly string[], allow: readonly string[] = []) {
  const source = await createNetworkSource({ lists, clock: systemClock, log, fetch, allow, tuners: 1 });
  const [driver] = source.drivers;
  const [multiplex] = source.multiplexes;
  if (driver === undefined || multiplex === undefined) throw new Error("the list was not read");
  const failure = await driver
    .tune(multiplex, new RecordingSink(), new AbortController().signal)
    .catch((error: unknown) => error);
  await source.close?.();
  return { failure, problems: source.missing?.() ?? [] };
}

t.test("T16: how far the entries of a list may lead is what its server's answer says", async (t) => {
  const url = "http://lists.example/tv.m3u";
  for (const reach of [PUBLIC, HOME]) {
    const { asked, fetch } = network(() => reach);
    const { failure, problems } = await tuneOne(fetch, [url]);
    t.same([...(asked[0]?.reach.named ?? [])], ["http://lists.example"], "the list itself is named");
    t.equal(asked[1]?.reach.scope, reach.scope);
    t.same([...(asked[1]?.reach.named ?? [])], []);
    t.ok(failure instanceof TellyportError);
    t.match(failure, {
      code: "unsupported",
      message: /not asked.*write http:\/\/192\.168\.1\.1:4022 under tuners\.network\.allow/,
    });
    t.match(problems, [/not asked/], "the source tells it");
  }
  const kept = network(({ reach }) => reach);
  await tuneOne(kept.fetch, [url]);
  t.same(
    [...(kept.asked[1]?.reach.named ?? [])],
    ["http://lists.example"],
    "a list of the home names its server",
  );
});

t.test("T16: a list in a file names the home; what is allowed may be named by any list", async (t) => {
  const path = join(await temporaryFolder(t), "list.m3u");
  await writeFile(path, LIST);
  const file = network(() => HOME);
  await tuneOne(file.fetch, [path]);
  t.match(file.asked, [{ reach: { scope: "home" } }]);
  t.same([...(file.asked[0]?.reach.named ?? [])], []);
  const allowed = network(() => PUBLIC);
  await tuneOne(allowed.fetch, ["http://lists.example/tv.m3u"], [ALLOW]);
  t.equal(allowed.asked[1]?.reach.scope, "public");
  t.same([...(allowed.asked[1]?.reach.named ?? [])], [ALLOW]);
  const both = network(() => PUBLIC);
  await tuneOne(both.fetch, ["http://lists.example/tv.m3u", path]);
  t.equal(
    both.asked.at(-1)?.reach.scope,
    "home",
    "of two lists that have a stream the one of the home counts",
  );
});

t.test("network: what is allowed is an origin", async (t) => {
  for (const text of ["192.168.1.1:4022", "http://192.168.1.1/path", "ftp://192.168.1.1", "http://[::1"])
    await t.rejects(createNetworkSource({ lists: [], clock: systemClock, log, allow: [text] }), {
      code: "config-invalid",
      message: /is no origin/,
    });
});

t.test("T16: datagrams are received at own ports and at groups that nobody else needs", (t) => {
  const lines = [
    "udp://@224.0.0.251:5353",
    "udp://@224.0.0.1:5004",
    "rtp://@[ff02::fb]:5353",
    "udp://0.0.0.0:53",
    "udp://tv.example:5004",
    "udp://@239.1.2.3:5004",
    "rtp://@[ff3e::8000:1]:5004",
    "udp://0.0.0.0:5004",
  ];
  const list = parseM3u(Buffer.from(lines.join("\n")), null);
  if (list.kind === "hls") throw new Error("it is a list");
  t.same(
    list.entries.map(({ line }) => line),
    [6, 7, 8],
  );
  t.match(
    list.faults,
    Array.from({ length: 5 }, () => ({ message: /Nothing is received there: write/ })),
  );
  t.end();
});
