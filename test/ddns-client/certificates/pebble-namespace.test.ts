import t from "tap";
import { networkNamespace, skipWithoutNamespaces } from "../../helpers/network-namespace.ts";
import { startPebble } from "../../helpers/pebble.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";

const skip = skipWithoutProgram("pebble", "openssl") || skipWithoutNamespaces();

t.test("an authority in a network of its own, for tests of the whole", { skip }, async (t) => {
  const { address, wrapper } = await networkNamespace(t);
  const pebble = await startPebble(t, { dns: `${address}:53`, address, wrapper });
  t.match(await pebble.root(), /BEGIN CERTIFICATE/);
  t.equal(pebble.directory, `https://${address}:${pebble.port}/dir`);
});
