import t from "tap";
import { TokenBuckets } from "../../src/kernel/token-buckets.ts";

t.test("token buckets: a burst, then a trickle, and the wait is told", (t) => {
  const buckets = new TokenBuckets({ burst: 3, perSecond: 2 });
  t.same(
    [1, 2, 3, 4].map(() => buckets.take("a", 0)),
    [0, 0, 0, 500],
  );
  t.equal(buckets.take("a", 250), 250);
  t.equal(buckets.wait("a", 500), 0, "asking takes nothing");
  t.same([buckets.take("a", 500), buckets.take("a", 500)], [0, 500]);
  t.equal(buckets.take("b", 500), 0, "others have their own");
  t.same(
    [1, 2, 3, 4].map(() => buckets.take("a", 1e6)),
    [0, 0, 0, 500],
    "no more than a burst is saved up",
  );
  t.end();
});

t.test("token buckets: what is remembered is bounded, and those in use stay", (t) => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 0.001 }, 10);
  buckets.take("flooder", 0);
  for (let i = 0; i < 1000; i++) {
    buckets.take(`sender ${i}`, i);
    if (i % 5 === 0) buckets.wait("flooder", i);
  }
  t.equal(buckets.size, 10);
  t.ok(buckets.wait("flooder", 1000) > 0, "one that goes on asking in vain");
  t.equal(buckets.wait("sender 5", 1000), 0);
  t.end();
});
