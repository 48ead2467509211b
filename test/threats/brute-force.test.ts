import t from "tap";
import { startDaemon } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";

/** 20^8 codes, and the guesses that one offer bears. */
const GUESSES = 5;
const CHANCE = GUESSES / 20 ** 8;

const wrong = (code: string): string => (code === "BBBB-BBBB" ? "CCCC-CCCC" : "BBBB-BBBB");

t.test(
  "T1: whoever guesses at an open code is out after five wrong proofs, and is told nothing",
  async (t) => {
    const box = await startDaemon(t, { tuner: null });
    const offer = await box.openOffer();
    const phone = await KeyPhone.make(box);
    const closed = await phone.claim(await phone.claimBody({ ...offer, code: "CCCC-CCCC" }));
    for (let guess = 1; guess < GUESSES; guess++) {
      const answer = await phone.claim(await phone.claimBody({ ...offer, code: wrong(offer.code) }));
      t.equal(answer.status, 403, `guess ${guess + 1}`);
      t.same(answer.body, closed.body, "the same words");
    }
    const right = await phone.pair(offer);
    t.same(
      [right.status, right.body],
      [403, closed.body],
      "the right code after five wrong ones is refused alike",
    );
    t.ok(CHANCE < 1e-9, `the chance of a guess per offer is ${CHANCE}`);
  },
);

t.test("T1: a guesser with many addresses closes pairing until somebody stands at the box", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const phone = await KeyPhone.make(box);
  let guesses = 0;
  let last = { code: "", url: "" };
  for (let round = 0; round < 5; round++) {
    const opened = await box.local<{ code: string; url: string }>("POST", "/api/v1/offers", {});
    if (opened.status !== 201) break;
    last = opened.body;
    for (let guess = 0; guess < GUESSES; guess++) {
      phone.from = `127.0.1.${++guesses}`;
      await phone.claim(await phone.claimBody({ ...opened.body, code: wrong(opened.body.code) }));
    }
    if (round === 3) break;
  }
  t.equal(guesses, 20);
  const state = (await phone.send("/api/v1/box")).body.pairing as string;
  t.equal(state, "closed");

  // What counts for nothing else washes nothing away: claims with a recovery code are heard at any time.
  const body = await phone.claimBody({ ...last, code: "CCCC-CCCC" }, "code", { offer: "recovery" });
  for (let n = 0; n < 1100; n++) {
    phone.from = `127.0.2.${1 + (n % 4)}`;
    await phone.claim(body);
  }
  t.equal(
    (await phone.send("/api/v1/box")).body.pairing,
    "closed",
    "eleven hundred wrong recovery codes later",
  );
});
