import t from "tap";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";

/** The address of a playback's multivariant playlist. */
async function playlistOf(box: Daemon): Promise<string> {
  const channel = await eventually("a channel is there", async () => {
    const { body } = await box.local<{ channels: { id: string; number: number }[] }>(
      "GET",
      "/api/v1/channels",
    );
    return body.channels.find(({ number }) => number === 1)?.id;
  });
  const { body } = await box.local<{ hls: string }>("POST", "/api/v1/playback", { channel });
  return new URL(body.hls, box.url).href;
}

async function statusFrom(url: string, ...senders: string[]): Promise<number> {
  const headers = { "x-forwarded-for": senders.join(", "), "x-forwarded-proto": "https" };
  const answer = await fetch(url, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

t.test("T4, T24: media through a reverse proxy counts where its viewer is, not as at home", async (t) => {
  const box = await startDaemon(t, {
    config: JSON.stringify({
      http: { address: "127.0.0.1", port: 0, https: { port: 0 }, trustedProxies: ["127.0.0.1"] },
      announce: { mdns: false, ssdp: "off" },
    }),
  });
  const url = await playlistOf(box);
  t.equal(await statusFrom(url, "93.184.216.34"), 200, "one place");
  t.equal(await statusFrom(url, "8.8.8.8", "9.9.9.9"), 200, "another: the proxy's own entry is the last");
  t.equal(
    await statusFrom(url, "93.184.216.34", "8.8.4.4"),
    403,
    "and no third, whatever was written before",
  );
  t.equal(await statusFrom(url, "127.0.0.1"), 403, "nor the box itself: through a proxy nobody is at home");
});

t.test("T4: who is no proxy is where he is, whatever he says", async (t) => {
  const box = await startDaemon(t);
  const url = await playlistOf(box);
  for (const said of ["93.184.216.34", "8.8.8.8", "9.9.9.9", "8.8.4.4"])
    t.equal(await statusFrom(url, said), 200, said);
});
