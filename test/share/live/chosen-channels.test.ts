import t from "tap";
import { ChosenChannels } from "../../../src/share/live/chosen-channels.ts";

t.test("chosen channels: the one before, of each client for itself", (t) => {
  const chosen = new ChosenChannels();
  t.equal(chosen.choose("ada", "one"), null);
  t.equal(chosen.choose("ada", "two"), "one");
  t.equal(chosen.choose("ada", "two"), "one", "the same again is no other choice");
  t.equal(chosen.choose("bob", "three"), null);
  t.equal(chosen.choose("ada", "one"), "two");
  t.end();
});

t.test("chosen channels: a thousand clients, those who chose lately", (t) => {
  const chosen = new ChosenChannels();
  for (let client = 0; client <= 1000; client++) chosen.choose(String(client), "one");
  t.equal(chosen.choose("0", "two"), null, "forgotten");
  t.equal(chosen.choose("1000", "two"), "one");
  t.end();
});
