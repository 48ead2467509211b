import { systemClock } from "../../../src/kernel/clock.ts";
import { createSafeFetch, type SafeFetch } from "../../../src/kernel/safe-fetch/index.ts";
import {
  AcmeAuthority,
  CertificateKeeper,
  certificateFiles,
  type CertificateFiles,
  type DnsChallenges,
} from "../../../src/ddns-client/certificates/index.ts";
import { hastyClock } from "../../helpers/hasty-clock.ts";

/**
 * A keeper that obtains one certificate and prints its end, `done`, and what happened on the way; at a given moment its power is cut.
 * `argv`: the wish as JSON.
 */
export interface CutWish {
  readonly directory: string;
  readonly ca: string;
  readonly state: string;
  readonly names: readonly string[];
  /** Where the values of the challenge are told. */
  readonly challenges: string;
  /** Counted from 0; null: never. */
  readonly cutAt: number | null;
}

const wish = JSON.parse(process.argv[2] ?? "") as CutWish;
let moment = 0;

/** A moment at which the power may be cut: after each deed. Before a deed is after the one before. */
function passing(what: string): void {
  process.stdout.write(`${moment} ${what}\n`);
  if (moment++ === wish.cutAt) process.kill(process.pid, "SIGKILL");
}

const safe = createSafeFetch({ clock: systemClock });
const fetch: SafeFetch = async (url, request) => {
  const answer = await safe(url, request);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  if (request.method === "POST") passing(url.pathname);
  return {
    ...answer,
    body: (async function* () {
      yield* pieces;
    })(),
  };
};
const kept = certificateFiles(wish.state);
const files: CertificateFiles = {
  read: (file, parse) => kept.read(file, parse),
  async write(file, text) {
    await kept.write(file, text);
    passing(file);
  },
};
const tell = async (values: readonly string[]): Promise<void> => {
  await globalThis.fetch(wish.challenges, { method: "POST", body: JSON.stringify(values) });
};
const challenges: DnsChallenges = {
  async publish(values) {
    await tell(values);
    passing("published");
  },
  clear: () => tell([]),
};
const clock = hastyClock(60);
const authority = new AcmeAuthority(
  { directory: new URL(wish.directory), ca: wish.ca },
  { fetch, clock, files },
);
const silent = {
  debug: () => {},
  info: () => {},
  warn: (fields: object) => console.error(fields),
  error: console.error,
};
const keeper = new CertificateKeeper({
  authority,
  challenges,
  files,
  clock,
  log: silent,
  random: () => 0,
  clockTrusted: () => true,
});
await keeper.start();
keeper.want(wish.names);
const until = performance.now() + 60_000;
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Written down, and the order forgotten.
  if (keeper.current() !== null) {
    await keeper.stop();
    console.log("done");
    break;
  }
  if (performance.now() > until) throw new Error(JSON.stringify(keeper.state()));
}
