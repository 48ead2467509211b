import t from "tap";
import { nearbyOf } from "../../src/http-server/own-names.ts";

const OWN = ["192.168.1.5", "10.0.0.2", "172.17.0.1", "172.18.0.1", "172.19.0.1"];
const at = (listen: string, announced = true, own = OWN) =>
  nearbyOf("abcdefgh", { listen, port: 8080, announced }, own);

t.test("nearby: only where the box listens is told", async (t) => {
  t.same(at("0.0.0.0", true, OWN.slice(0, 2)), {
    name: "http://tellyport-abcd.local:8080",
    addresses: ["http://192.168.1.5:8080", "http://10.0.0.2:8080"],
  });
  t.same(at("10.0.0.2").addresses, ["http://10.0.0.2:8080"]);
  t.same(at("127.0.0.1"), { name: null, addresses: [] }, "no neighbour reaches it");
  t.equal(at("::", false).name, null, "it answers to no name that it does not announce");
  t.equal(at("0.0.0.0").addresses.length, 4, "bounded");
});
