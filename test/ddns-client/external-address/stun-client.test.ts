import t from "tap";
import { askStun, type StunServer } from "../../../src/ddns-client/external-address/stun-client.ts";
import { endpointIndependence, externalView } from "../../../src/ddns-client/external-address/view.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { fakeStun } from "../../helpers/fake-stun.ts";

const ask = (servers: readonly StunServer[], signal = new AbortController().signal) =>
  askStun({ clock: systemClock, family: 4, from: null, servers, signal });

t.test("stun: two servers see one port of one socket", async (t) => {
  const servers = [await fakeStun(t), await fakeStun(t)];
  const sights = await ask(servers);
  t.equal(sights.length, 2);
  t.same(
    sights.map(({ address }) => address),
    ["127.0.0.1", "127.0.0.1"],
  );
  t.equal(endpointIndependence(sights), true);
  const other = await fakeStun(t, () => ({ address: "127.0.0.1", port: 1 }));
  t.equal(endpointIndependence(await ask([servers[0]!, other])), false);
  t.equal(endpointIndependence(await ask([servers[0]!])), null);
});

t.test("stun: what was lost is asked again, and who is silent holds nobody up for long", async (t) => {
  const lossy = await fakeStun(t, (from, times) => (times < 3 ? null : from));
  t.equal((await ask([lossy])).length, 1);
  t.equal(lossy.asked(), 3);
  const mute = await fakeStun(t, () => null);
  const abort = new AbortController();
  const asking = ask([mute], abort.signal);
  setTimeout(() => abort.abort(), 100);
  t.same(await asking, []);
  t.same(await ask([]), []);
});

t.test("T16: servers that nobody named are asked in the internet only", async (t) => {
  const server = await fakeStun(t);
  t.same(await ask([{ ...server, named: false }]), []);
  t.same(await ask([{ host: "no-such-name.invalid", port: 3478, named: true }]), []);
  t.equal(server.asked(), 0);
});

t.test("view: one address of each family, and the port that leads there", (t) => {
  const sources = {
    own: { ipv4: ["192.168.1.10"], ipv6: "2a01::1" },
    router: "5.5.5.30",
    stun: { ipv4: "5.5.5.20", ipv6: null },
    isEndpointIndependent: null,
  };
  const doors = { internalPort: 8443, ipv4: { status: "open", externalPort: 9000 }, ipv6: null } as const;
  t.match(externalView(sources, doors), { ipv4: "5.5.5.20", ipv6: "2a01::1", port: 9000, port6: 8443 });
  t.match(externalView({ ...sources, stun: { ipv4: null, ipv6: null } }, doors), { ipv4: "5.5.5.30" });
  t.match(externalView({ ...sources, router: "100.64.0.1", stun: { ipv4: null, ipv6: null } }, doors), {
    ipv4: null,
  });
  t.match(externalView({ ...sources, own: { ipv4: ["5.5.5.20"], ipv6: null } }, { ...doors, ipv4: null }), {
    ipv4: "5.5.5.20",
    port: 8443,
    ipv6: null,
    port6: null,
  });
  t.match(externalView(sources, { ...doors, ipv4: { status: "refused", externalPort: null } }), {
    port: null,
  });
  t.end();
});
