import t from "tap";
import { pageFor, remindedIn, type OpenPage } from "../../web/shell/notified.ts";
import { watchedIn, watchFragment } from "../../web/watch-address.ts";

const ORIGIN = "https://box.example";
const page = (path: string, more: Partial<OpenPage> = {}): OpenPage => ({
  url: ORIGIN + path,
  focused: false,
  visibilityState: "hidden",
  ...more,
});

t.test("web notified: the page that was looked at last comes to the front", async (t) => {
  const first = page("/");
  const visible = page("/#/guide", { visibilityState: "visible" });
  const focused = page("/#/watch/1", { visibilityState: "visible", focused: true });
  t.equal(pageFor([first, visible, focused], ORIGIN), focused);
  t.equal(pageFor([first, visible], ORIGIN), visible);
  t.equal(pageFor([first, page("/")], ORIGIN), first);
  t.equal(
    pageFor([page("/tv", { focused: true })], ORIGIN),
    null,
    "a television's own page stays what it is",
  );
  t.equal(pageFor([{ ...first, url: "https://other.example/" }], ORIGIN), null);
  t.equal(pageFor([], ORIGIN), null);
});

t.test("web notified: what is no reminder opens no channel", async (t) => {
  const one = { channel: "a/b", startsAt: "2026-11-20T12:00:00Z" };
  t.same(remindedIn({ ...one, title: "more" }), one);
  for (const other of [null, undefined, 7, "x", [], {}, { channel: 1 }, { channel: "" }, { channel: "a" }])
    t.equal(remindedIn(other), null);
  t.equal(watchFragment("a/b c"), "#/watch/a%2Fb%20c");
  t.equal(watchedIn("#/watch/a%2Fb%20c"), "a/b c");
  t.equal(watchedIn("#/guide"), null);
  t.equal(watchedIn("#/watch/%E0%A4"), null, "one that was cut off");
});
