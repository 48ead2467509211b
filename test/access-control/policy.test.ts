import t from "tap";
import { policyOf } from "../../src/access-control/policy.ts";
import { ConfigSchema } from "../../src/kernel/config/index.ts";

const DAY = 86_400_000;

t.test("policy: the configuration says of each what it does", async (t) => {
  const { policy: schema } = ConfigSchema.properties.access.properties;
  const description = "description" in schema ? String(schema.description) : "";
  const sentences = description.split(/(?=`nextv-f`)/);
  t.equal(sentences.length, 2);
  for (const [index, policy] of (["relaxed", "nextv-f"] as const).entries()) {
    const { access } = policyOf({ policy, lanHttp: true });
    const words = sentences[index] ?? "";
    t.match(words, `\`${policy}\``);
    t.match(words, `${access.refreshSliding / DAY} days after the last use`);
    t.match(words, `${access.refreshAbsolute / DAY} days after pairing`);
    t.match(words, `${access.clients} clients`);
    t.equal(/at home only/.test(words), access.pairFromHomeOnly);
  }
});
