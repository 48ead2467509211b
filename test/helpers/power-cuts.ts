import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Tokens } from "../../src/protocol/api.ts";
import { startDaemon, type Daemon } from "./daemon.ts";
import { KeyPhone, type WireAnswer } from "./key-phone.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** What a test needs of tap to judge. */
interface Judge extends Teardown {
  ok(value: unknown, message: string): boolean;
  comment(text: string): void;
}

export interface PowerCutsOptions {
  /** How often the daemon is killed; in each, a pairing, a refresh and a revocation are under way. */
  readonly kills: number;
  readonly seed: number;
  /** Said to the person who waits, every so many kills. */
  readonly sayEvery?: number;
}

/** How many deeds were acknowledged before the power went, and how many were not. */
export type Outcomes = Record<"paired" | "claimed" | "refreshed" | "revoked", { yes: number; no: number }>;

/** Phones that the box has beside the owner's: enough that those of a round are not those of the one before. */
const PHONES = 6;

/**
 * `kill -9` of the daemon at random moments while phones pair, renew and are removed; after each restart the network says what
 * is left of it. Whatever was acknowledged holds, and nothing is there by half.
 */
export async function cutPower(t: Judge, options: PowerCutsOptions): Promise<Outcomes> {
  const { kills, seed } = options;
  const random = mulberry32(seed);
  const house = await PowerHouse.open(t);
  const outcomes: Outcomes = {
    paired: { yes: 0, no: 0 },
    claimed: { yes: 0, no: 0 },
    refreshed: { yes: 0, no: 0 },
    revoked: { yes: 0, no: 0 },
  };
  /** Ms that the three deeds take when nothing happens to them, as seen lately. */
  let usual = 60;
  for (let kill = 1; kill <= kills; kill++) {
    const say = (what: string): string => `seed ${seed}, kill ${kill}: ${what}`;
    const { phones, owner } = house;
    const [renewing, leaving] = [phones[0], phones[1]];
    if (renewing === undefined || leaving === undefined) throw new Error("the test ran out of phones");
    const newcomer = await KeyPhone.make(house.box, house.origin);
    const name = `phone ${kill}`;
    const claim = await newcomer.claimBody(await house.box.openOffer("viewer"), "code", { name });
    // The nonce of this process and a token that is good, so that the deed is one request.
    await Promise.all([owner, renewing].map(getsIn));
    const before = renewing.tokens;

    const from = performance.now();
    const claimed = answered(newcomer.claim(claim));
    const paired = claimed.then((answer) =>
      answer?.status === 200 ? answered(newcomer.poll(String(answer.body.claim))) : null,
    );
    const refreshed = answered(renewing.refresh());
    const revoked = answered(owner.call("DELETE", `/api/v1/clients/${idOf(leaving)}`));
    const deeds = Promise.all([claimed, paired, refreshed, revoked]);
    const took = deeds.then(() => performance.now() - from);
    await sleep(random() * usual * 1.3);
    const inTime = await Promise.race([took, Promise.resolve(null)]);
    if (inTime !== null) usual = usual * 0.8 + inTime * 0.2;
    else usual *= 1.05;
    await house.restart();
    const acknowledged = await deeds;
    const [claimAnswer, pairAnswer, refreshAnswer, revokeAnswer] = acknowledged;
    count(outcomes.claimed, claimAnswer?.status === 200);
    count(outcomes.paired, pairAnswer?.status === 200);
    count(outcomes.refreshed, refreshAnswer?.status === 200);
    count(outcomes.revoked, revokeAnswer?.status === 200);

    await judgePairing(t, house, { newcomer, name, claim: claimAnswer, paired: pairAnswer, say });
    await judgeRefresh(t, house, { phone: renewing, before, answer: refreshAnswer, say });
    const left = await judgeRevocation(t, house, { phone: leaving, answer: revokeAnswer, say });
    if (claimAnswer === null) await house.forget(name);

    const rest = phones.slice(2);
    house.phones = [...rest, renewing, ...(left ? [] : [leaving]), ...(newcomer.tokens ? [newcomer] : [])];
    if (house.phones.length > PHONES) await house.dismiss();
    while (house.phones.length < PHONES) house.phones.push(await house.pair());
    if (options.sayEvery !== undefined && kill % options.sayEvery === 0)
      t.comment(`${kill} kills, a deed takes ${Math.round(usual)} ms: ${JSON.stringify(outcomes)}`);
  }
  return outcomes;
}

/** A process, and what removes all that it was started with. */
type Start = () => Promise<{ box: Daemon; clean: () => Promise<void> }>;

/** One state directory, one address, and as many processes as the power is cut. */
class PowerHouse {
  phones: KeyPhone[] = [];
  box: Daemon;
  readonly origin: string;
  readonly owner: KeyPhone;
  readonly #start: Start;
  #clean: () => Promise<void>;

  private constructor(box: Daemon, owner: KeyPhone, start: Start, clean: () => Promise<void>) {
    this.box = box;
    this.origin = box.url;
    this.owner = owner;
    this.#start = start;
    this.#clean = clean;
  }

  static async open(t: Teardown): Promise<PowerHouse> {
    const state = await temporaryFolder(t);
    // Below the ports that the system gives away: nobody takes it while the box is down.
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const config = [
      `http: {address: "127.0.0.1", port: ${port}, https: {enabled: false}}`,
      "announce: {mdns: false, ssdp: off}",
      "live: {instantZap: false}",
      "guide: {collect: false}",
    ].join("\n");
    const start: Start = async () => {
      const jobs: (() => unknown)[] = [];
      const clean = async (): Promise<void> => {
        for (const job of jobs.splice(0).reverse()) await job();
      };
      t.teardown(clean);
      // No tuner: nothing of this asks for one, and the daemon is back sooner.
      const options = { state, config, tuner: null };
      return { box: await startDaemon({ teardown: (job) => jobs.push(job) }, options), clean };
    };
    const { box, clean } = await start();
    const owner = await KeyPhone.paired(box, "owner", box.url);
    const house = new PowerHouse(box, owner, start, clean);
    while (house.phones.length < PHONES) house.phones.push(await house.pair());
    return house;
  }

  pair(): Promise<KeyPhone> {
    return KeyPhone.paired(this.box, "viewer", this.origin);
  }

  /** The power is cut, and comes back. */
  async restart(): Promise<void> {
    await this.box.kill();
    await this.#clean();
    const { box, clean } = await this.#start();
    this.box = box;
    this.#clean = clean;
  }

  async listed(): Promise<Client[]> {
    return (await this.box.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients;
  }

  /** Removes a client that nobody will collect, before its time ends: a thousand of them would fill the box. */
  async forget(name: string): Promise<void> {
    for (const client of await this.listed())
      if (client.name === name) await this.box.local("DELETE", `/api/v1/clients/${client.id}`);
  }

  /** Removes the phone that has waited longest. */
  async dismiss(): Promise<void> {
    const phone = this.phones.pop();
    if (phone !== undefined) await this.box.local("DELETE", `/api/v1/clients/${idOf(phone)}`);
  }
}

/** As its client would: with a new token when the old one has run out. @throws when it does not get in */
async function getsIn(phone: KeyPhone): Promise<void> {
  const path = "/api/v1/clients/self";
  if ((await phone.call("GET", path)).status === 200) return;
  const { status } = (await phone.refresh()).status === 200 ? await phone.call("GET", path) : { status: 401 };
  if (status !== 200) throw new Error(`a phone that nothing happened to is answered ${status}`);
}

type Say = (what: string) => string;

/** Never half a client: whoever knows its claim gets tokens, whoever has tokens is listed and gets in. */
async function judgePairing(
  t: Judge,
  house: PowerHouse,
  deed: {
    newcomer: KeyPhone;
    name: string;
    claim: WireAnswer | null;
    paired: WireAnswer | null;
    say: Say;
  },
): Promise<void> {
  const { newcomer, name, claim, paired, say } = deed;
  if (claim === null) {
    // Its answer was lost: the phone holds nothing, and what the box may list of it goes when its time to be collected ends.
    t.ok(newcomer.tokens === null, say("without an answer there are no tokens"));
    return;
  }
  if (claim.status !== 200) {
    t.ok(false, say(`the claim was refused: ${JSON.stringify(claim.body)}`));
    return;
  }
  const isListed = (await house.listed()).some((client) => client.name === name);
  t.ok(isListed, say("a claim that was acknowledged is listed"));
  if (paired === null) {
    const again = await newcomer.poll(String(claim.body.claim));
    t.ok(again.status === 200, say(`tokens are collected after the power came back: ${again.status}`));
  }
  const works = await newcomer.call("GET", "/api/v1/clients/self");
  t.ok(works.status === 200, say(`whoever got tokens gets in: ${JSON.stringify(works.body)}`));
  const renewed = await newcomer.refresh();
  t.ok(renewed.status === 200, say(`and can renew them: ${JSON.stringify(renewed.body)}`));
}

/** The token that the phone holds is good, whether or not the box had made its successor. */
async function judgeRefresh(
  t: Judge,
  house: PowerHouse,
  deed: { phone: KeyPhone; before: Tokens | null; answer: WireAnswer | null; say: Say },
): Promise<void> {
  const { phone, before, answer, say } = deed;
  const acknowledged = answer?.status === 200;
  if (answer !== null && !acknowledged)
    t.ok(false, say(`the refresh was refused: ${JSON.stringify(answer.body)}`));
  const holds = phone.tokens?.refreshToken;
  t.ok(acknowledged === (holds !== before?.refreshToken), say("the phone holds what it was given last"));
  const renewed = await phone.refresh();
  t.ok(
    renewed.status === 200,
    say(`the refresh token that it holds is good: ${JSON.stringify(renewed.body)}`),
  );
  const works = await phone.call("GET", "/api/v1/clients/self");
  t.ok(works.status === 200, say("and what it got for it lets it in"));
  const listed = await house.listed();
  t.ok(
    listed.some(({ id }) => id === idOf(phone)),
    say("it is listed"),
  );
}

/** Removed or not, but wholly; removed for good once that was said. @returns whether it is removed */
async function judgeRevocation(
  t: Judge,
  house: PowerHouse,
  deed: { phone: KeyPhone; answer: WireAnswer | null; say: Say },
): Promise<boolean> {
  const { phone, answer, say } = deed;
  if (answer !== null && answer.status !== 200)
    t.ok(false, say(`the removal was refused: ${JSON.stringify(answer.body)}`));
  const isListed = (await house.listed()).some(({ id }) => id === idOf(phone));
  const getsIn = (await phone.call("GET", "/api/v1/clients/self")).status;
  const renews = (await phone.refresh()).status;
  if (answer?.status === 200) t.ok(!isListed, say("a removal that was acknowledged holds"));
  const wholly = isListed ? getsIn === 200 && renews === 200 : getsIn === 401 && renews === 401;
  t.ok(wholly, say(`it is there or gone, not by half: listed ${isListed}, API ${getsIn}, refresh ${renews}`));
  return !isListed;
}

const idOf = (phone: KeyPhone): string => phone.tokens?.client ?? "";

/** @returns null when the connection broke before all of it was there */
function answered(request: Promise<WireAnswer>): Promise<WireAnswer | null> {
  return request.catch(() => null);
}

function count(of: { yes: number; no: number }, yes: boolean): void {
  if (yes) of.yes++;
  else of.no++;
}

/** Numbers from 0 to 1 that are the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `$TELLYPORT_SEED`, or one of this run's own. */
export function seedOfRun(): number {
  const given = Number(process.env["TELLYPORT_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 0x7fffffff);
}
