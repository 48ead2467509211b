import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { pino } from "pino";
import t from "tap";
import { answerTo } from "../../../src/cloud/stun/answer.ts";
import { createStunResponder } from "../../../src/cloud/stun/responder.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { bindingRequest, readBindingAnswer } from "../../../src/protocol/stun.ts";
import { runProgram } from "../../helpers/daemon.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import type { Teardown } from "../../helpers/temporary.ts";

const log = pino({ level: "silent" });
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);
const ADDRESSES = hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
const transaction = Uint8Array.from({ length: 12 }, (_, at) => at);

async function responder(t: Teardown, addresses: readonly string[] = ADDRESSES) {
  const stun = createStunResponder({ clock: systemClock, log, addresses, port: 0 });
  await stun.start?.(new AbortController().signal);
  t.teardown(() => stun.stop?.());
  return stun;
}

t.test(
  "stun: coturn's client learns its address",
  { skip: skipWithoutProgram("turnutils_stunclient") },
  async (t) => {
    const { port } = await responder(t);
    for (const address of ADDRESSES) {
      const { stdout, stderr } = await runProgram("turnutils_stunclient", ["-p", String(port), address], {
        timeoutMs: 8000,
      });
      const reflexive =
        address === "::1" ? /reflexive addr: \[?::1\]?:\d+/ : /reflexive addr: 127\.0\.0\.1:\d+/;
      t.match(stdout + stderr, reflexive, address);
    }
  },
);

t.test("stun: a flood is answered no more than the limit, and others still are", async (t) => {
  const { port } = await responder(t);
  const [flood, other] = [createSocket("udp4"), createSocket("udp4")];
  t.teardown(() => [flood, other].forEach((socket) => socket.close()));
  let count = 0;
  flood.on("message", () => count++);
  flood.bind({ address: "127.0.0.2" });
  await once(flood, "listening");
  for (let more = 0; more < 200; more++) flood.send(bindingRequest(transaction), port, "127.0.0.1");
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.ok(count >= 1 && count <= 25, `${count} answers`);
  other.bind({ address: "127.0.0.3" });
  await once(other, "listening");
  other.send(bindingRequest(transaction), port, "127.0.0.1");
  const [answer] = (await once(other, "message")) as [Buffer];
  t.same(readBindingAnswer(answer, transaction), {
    address: Uint8Array.of(127, 0, 0, 3),
    port: other.address().port,
  });
});

t.test("stun: answers are as short as they can be, and there is none to what is no request", (t) => {
  const from = (address: string) => ({ address, port: 1234 });
  t.equal(answerTo(bindingRequest(transaction), from("1.2.3.4"))?.length, 32);
  t.equal(answerTo(bindingRequest(transaction), from("::ffff:1.2.3.4"))?.length, 32);
  t.equal(answerTo(bindingRequest(transaction), from("2600::1%eth0"))?.length, 44);
  t.equal(answerTo(bindingRequest(transaction), { address: "1.2.3.4", port: 0 }), null);
  const answer = answerTo(bindingRequest(transaction), from("1.2.3.4"));
  t.equal(
    answerTo(answer ?? new Uint8Array(), from("1.2.3.4")),
    null,
    "two of them do not talk to each other",
  );
  t.equal(answerTo(Buffer.from("hello"), from("1.2.3.4")), null);
  t.end();
});

t.test("stun: a port that is taken is said in words; what began is ended", async (t) => {
  const { port } = await responder(t, ["127.0.0.1"]);
  const second = createStunResponder({
    clock: systemClock,
    log,
    addresses: ["127.0.0.2", "127.0.0.1"],
    port,
  });
  await t.rejects(Promise.resolve(second.start?.(new AbortController().signal)), { code: "port-in-use" });
  const third = createStunResponder({ clock: systemClock, log, addresses: ["127.0.0.2"], port });
  await third.start?.(new AbortController().signal);
  await third.stop?.();
});
