import type { AddressInfo } from "node:net";
import t from "tap";
import type { Channel } from "../../../src/protocol/api.ts";
import { audioTrack, house, service, videoTrack } from "../fakes.ts";

const headers = { "x-client": "phone" };
const key = (serviceId: number): string => `1.10.${serviceId}`;

t.test(
  "displaced: the event and the media address say by whom, and what this client can watch",
  async (t) => {
    const h = await house(t, [service(1), service(2), service(3, { scrambled: true }), service(4)]);
    const channels: Channel[] = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;
    const id = (serviceId: number): string =>
      channels.find(({ name }) => name === `Channel ${serviceId}`)!.id;
    await h.app.listen({ port: 0, host: "127.0.0.1" });
    const origin = `http://127.0.0.1:${(h.app.server.address() as AddressInfo).port}`;
    const abort = new AbortController();
    t.teardown(() => abort.abort());
    const events = await fetch(`${origin}/api/v1/events`, {
      headers,
      signal: abort.signal,
    });

    const playing = h.app.inject({
      method: "POST",
      url: "/api/v1/playback",
      headers,
      payload: { channel: id(1) },
    });
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20 && h.sources.length === 0; i++)
      await new Promise((resolve) => setImmediate(resolve));
    h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
    h.sources[0]?.randomAccess();
    const { hls, id: playback } = (await playing).json();

    h.tuners.states.set(key(1), "busy");
    h.tuners.states.set(key(2), "shares-tuner");
    h.tuners.states.set(key(4), "would-displace");
    // What the tuner says is free are services; the client is told channels, and only those that it may watch.
    const detail = { by: "recording", free: [key(2), key(3)] };
    h.sources[0]?.sink?.ended("displaced", "The tuner was needed for a recording.", detail);
    const expected = { by: "recording", free: [id(2)] };
    const answer = await h.app.inject(hls);
    t.equal(answer.statusCode, 410);
    t.match(answer.json(), { code: "playback-ended", detail: { ...expected, code: "displaced" } });
    t.same(answer.json().detail.free, [id(2)]);
    const renewal = await h.app.inject({
      method: "POST",
      url: `/api/v1/playback/${playback}/renew`,
      headers,
    });
    t.same(renewal.json().detail, { ...expected, code: "displaced" });

    let told = "";
    const decoder = new TextDecoder();
    for await (const chunk of events.body as unknown as AsyncIterable<Uint8Array>) {
      told += decoder.decode(chunk, { stream: true });
      if (told.includes("event: playback-ended") && told.endsWith("\n\n")) break;
    }
    const data = /event: playback-ended\ndata: (.*)\n/.exec(told)?.[1] ?? "{}";
    t.same(JSON.parse(data), {
      id: playback,
      code: "displaced",
      title: "The tuner was needed for a recording. You can watch Channel 2 now.",
      detail: expected,
    });
  },
);

t.test("displaced: an end that no other channel helps has no list", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  const [{ id }] = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels as [Channel];
  const playing = h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers,
    payload: { channel: id },
  });
  for (let i = 0; i < 20 && h.sources.length === 0; i++)
    await new Promise((resolve) => setImmediate(resolve));
  h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
  h.sources[0]?.randomAccess();
  const { hls } = (await playing).json();
  h.sources[0]?.sink?.ended("no-picture-or-sound", "It sends nothing.");
  t.same((await h.app.inject(hls)).json().detail, { code: "no-picture-or-sound" });
});
