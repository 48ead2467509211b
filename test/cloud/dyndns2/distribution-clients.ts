import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { Test } from "tap";
import { eventually } from "../../helpers/daemon.ts";
import {
  addressOf,
  ddclientConfig,
  ddclientDaemon,
  ddclientOnce,
  inadynConfig,
  inadynDaemon,
  inadynOnce,
  type Endpoint,
} from "./clients.ts";

/** What the distribution's clients are shown, and what they must do at it, wherever the endpoint is. */
export interface UnderTest extends Endpoint {
  /** Addresses that the name has now, IPv4 before IPv6; to be asked again until they are right. */
  addresses(): Promise<readonly string[]> | readonly string[];
  /** A name that there is not, in the same zone. */
  readonly unknownHost: string;
  /** Breaks and mends what the endpoint keeps its names in; null: the test cannot do that there. */
  readonly setTrouble: ((broken: boolean) => Promise<void> | void) | null;
  /** What /checkip says to a client on this machine, when that may be published; else null. */
  readonly observed: string | null;
}

/** What was acknowledged is there within a moment; what was refused does not come in one. */
async function shows(t: Test, cloud: UnderTest, wanted: readonly string[]): Promise<void> {
  const isSo = async (): Promise<boolean> => isDeepStrictEqual(await cloud.addresses(), wanted);
  if (wanted.length === 0) await new Promise((resolve) => setTimeout(resolve, 300));
  else await eventually(`the name has ${wanted.join(", ")}`, isSo, 30_000).catch(() => undefined);
  t.same(await cloud.addresses(), wanted);
}

const FIRST = "93.184.216.34";
const SECOND = "93.184.216.35";
const THIRD = "93.184.216.36";
const IPV6 = "2a02:1234::7";
const IPV6_LATER = "2a02:1234::8";

export function inadynTests(t: Test, set: (t: Test) => Promise<UnderTest>): void {
  void t.test("inadyn: first update, no change, new address, IPv6", async (t) => {
    const cloud = await set(t);
    const [four, six] = [await addressOf(t, FIRST), await addressOf(t, IPV6)];
    const config = await inadynConfig(t, cloud, four, six);
    const first = await inadynOnce(config);
    t.equal(first.code, 0, first.stderr.slice(-1500));
    await shows(t, cloud, [FIRST, IPV6]);
    const again = await inadynOnce(config);
    t.equal(again.code, 0, "no change");
    t.match(again.stderr + again.stdout, /nochg/);
    await four.change(SECOND);
    await six.change(IPV6_LATER);
    t.equal((await inadynOnce(config)).code, 0);
    await shows(t, cloud, [SECOND, IPV6_LATER]);
  });

  void t.test("inadyn: the address that /checkip says", async (t) => {
    const cloud = await set(t);
    if (cloud.observed === null) return;
    const once = await inadynOnce(await inadynConfig(t, cloud, "checkip", null));
    t.equal(once.code, 0, once.stderr.slice(-1500));
    await shows(t, cloud, [cloud.observed]);
  });

  void t.test("inadyn: it ends at a wrong password and at an unknown host", async (t) => {
    const cloud = await set(t);
    const four = await addressOf(t, FIRST);
    const wrong = inadynDaemon(t, await inadynConfig(t, { ...cloud, token: "wrong" }, four, null));
    const unknown = inadynDaemon(t, await inadynConfig(t, { ...cloud, host: cloud.unknownHost }, four, null));
    const ended = (client: typeof wrong) =>
      eventually("it ends", () => client.exitCode() !== null && [client.exitCode()]);
    t.same(await ended(wrong), [50]);
    t.same(await ended(unknown), [48]);
    await shows(t, cloud, []);
  });

  void t.test("inadyn: it outlives our trouble, and goes on after it", async (t) => {
    const cloud = await set(t);
    if (cloud.setTrouble === null) return;
    const four = await addressOf(t, FIRST);
    await cloud.setTrouble(true);
    const client = inadynDaemon(t, await inadynConfig(t, cloud, four, null));
    await eventually("it was refused", () => /503/.test(client.output()));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    t.equal(client.exitCode(), null, client.output().slice(-1500));
    await shows(t, cloud, []);
    await cloud.setTrouble(false);
    await client.nudge();
    await eventually("the update", async () => (await cloud.addresses())[0] === FIRST);
    await four.change(THIRD);
    await client.nudge();
    await eventually("the next", async () => (await cloud.addresses())[0] === THIRD);
    t.equal(client.exitCode(), null);
  });
}

export function ddclientTests(t: Test, set: (t: Test) => Promise<UnderTest>): void {
  void t.test("ddclient: first update, no change, new address, IPv6", async (t) => {
    const cloud = await set(t);
    const source = await addressOf(t, FIRST);
    const config = await ddclientConfig(t, cloud, source);
    const first = await ddclientOnce(config);
    t.equal(first.code, 0);
    t.match(first.stdout + first.stderr, /SUCCESS:.*good: IP address set to 93\.184\.216\.34/);
    await shows(t, cloud, [FIRST]);
    const again = await ddclientOnce(config);
    t.match(again.stdout + again.stderr, /WARNING:.*nochg/);
    t.equal(again.code, 0);
    await source.change(SECOND);
    t.equal((await ddclientOnce(config)).code, 0);
    await shows(t, cloud, [SECOND]);
    await source.change(IPV6);
    const ipv6 = await ddclientOnce(config);
    t.match(ipv6.stdout + ipv6.stderr, /SUCCESS:.*good/);
    await shows(t, cloud, [SECOND, IPV6]);
  });

  void t.test("ddclient: the address that /checkip says", async (t) => {
    const cloud = await set(t);
    if (cloud.observed === null) return;
    const once = await ddclientOnce(await ddclientConfig(t, cloud, "checkip"));
    t.equal(once.code, 0, once.stdout + once.stderr);
    await shows(t, cloud, [cloud.observed]);
  });

  void t.test("ddclient: it says what is wrong, and lives on", async (t) => {
    const cloud = await set(t);
    const source = await addressOf(t, FIRST);
    const wrong = ddclientDaemon(t, await ddclientConfig(t, { ...cloud, token: "wrong" }, source), 10);
    const unknown = ddclientDaemon(t, await ddclientConfig(t, cloud, source, [cloud.unknownHost]), 10);
    const both = ddclientDaemon(
      t,
      await ddclientConfig(t, cloud, source, [cloud.host, cloud.unknownHost]),
      10,
    );
    await eventually("it says so", () => /FAILED:.*authorization failed/.test(wrong.output()));
    await eventually("it says so", () => /FAILED:.*nohost/.test(unknown.output()));
    await eventually(
      "it says so of both",
      () => (both.output().match(/FAILED:.*nohost/g) ?? []).length === 2,
    );
    // Past its next look.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    for (const client of [wrong, unknown, both])
      t.equal(client.exitCode(), null, client.output().slice(-1500));
    await shows(t, cloud, []);
  });

  void t.test(
    "ddclient: a daemon follows a new address, outlives our trouble, and goes on after it",
    async (t) => {
      const cloud = await set(t);
      if (cloud.setTrouble === null) return;
      const source = await addressOf(t, FIRST);
      const config = await ddclientConfig(t, cloud, source);
      const client = ddclientDaemon(t, config, 10);
      await eventually("the first update", async () => (await cloud.addresses())[0] === FIRST);
      await cloud.setTrouble(true);
      await source.change(SECOND);
      // It leaves 30 s between two updates, and says nothing of a 503 but in its cache.
      await eventually(
        "it tried",
        async () => /,status=noconnect/.test(await readFile(config.cache, "utf8")),
        75_000,
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      t.equal(client.exitCode(), null, client.output().slice(-1500));
      await cloud.setTrouble(false);
      await shows(t, cloud, [FIRST]);
      await client.nudge();
      await eventually("the next update", async () => (await cloud.addresses())[0] === SECOND, 60_000);
      t.equal(client.exitCode(), null);
    },
  );
}
