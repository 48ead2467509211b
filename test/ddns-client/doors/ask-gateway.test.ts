import t from "tap";
import { askGateway } from "../../../src/ddns-client/doors/ask-gateway.ts";
import { systemClock } from "../../../src/kernel/clock.ts";

t.test("ask-gateway: one that no way leads to is silent", async (t) => {
  const life = new AbortController();
  t.teardown(() => life.abort());
  // From loopback the kernel connects to nobody else, as it does not where a network has just gone.
  const answer = await askGateway({
    clock: systemClock,
    from: "127.0.0.1",
    to: { address: "192.0.2.1", port: 5351 },
    question: Buffer.from([0, 0]),
    read: () => "an answer",
    waits: [60_000],
    signal: life.signal,
  });
  t.equal(answer, null);
});
