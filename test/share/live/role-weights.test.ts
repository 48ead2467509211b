import t from "tap";
import type { Principal, Role } from "../../../src/protocol/principal.ts";
import { lightestBelow } from "../../../src/share/live/role-weights.ts";

const of = (client: string, role: Role, id: number): { id: number; principal: Principal } => ({
  id,
  principal: { client, user: client, terminalType: "internet", role, payer: client },
});

t.test("lightest: guests before viewers, of who has most, the oldest; nobody of one's own weight", (t) => {
  const all = [of("v", "viewer", 1), of("g", "guest", 2), of("h", "guest", 3), of("h", "guest", 4)];
  t.equal(lightestBelow(all, "owner")?.id, 3, "of the guest that has most, the oldest");
  t.equal(lightestBelow(all, "viewer")?.id, 3);
  t.equal(lightestBelow(all, "guest"), undefined);
  t.equal(
    lightestBelow([of("v", "viewer", 1), of("k", "kid", 2)], "owner")?.id,
    1,
    "kids weigh as viewers do",
  );
  t.equal(lightestBelow([of("o", "owner", 1)], "owner"), undefined);
  t.same(
    all.map(({ id }) => id),
    [1, 2, 3, 4],
    "the list is as it was",
  );
  t.end();
});
