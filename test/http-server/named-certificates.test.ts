import t from "tap";
import { NamedCertificates } from "../../src/http-server/index.ts";
import { madeCertificate } from "../ddns-client/certificates/made-certificate.ts";

t.test("named certificates: a name is covered by whoever has it, one label deep", async (t) => {
  const certificates = new NamedCertificates();
  t.notOk(certificates.covers("online", "box.example"), "there is none yet");
  certificates.set("online", await madeCertificate(t, ["box.example", "*.box.example"]));
  for (const name of ["box.example", "LAN.box.example", "w.box.example"])
    t.ok(certificates.covers("online", name), name);
  for (const name of ["a.b.box.example", "example", "home.dyndns.example", ""])
    t.notOk(certificates.covers("online", name), name);
  t.notOk(certificates.covers("own", "box.example"), "it is the other's");
  t.ok(certificates.contextOf("w.box.example"));
  t.equal(certificates.contextOf("home.dyndns.example"), null);
  certificates.set("online", null);
  t.notOk(certificates.covers("online", "box.example"));
});
