import t from "tap";
import { labelOf } from "../../src/ddns-client/label.ts";

const BOX = "cea5o3yowrisratq.box.example";

t.test("label: what a person writes is taken in small letters, with or without the zone", (t) => {
  t.equal(labelOf("Smith", BOX), "smith");
  t.equal(labelOf("smith.box.example", BOX), "smith");
  t.equal(labelOf("mills-3", null), "mills-3");
  t.end();
});

t.test("label: what the cloud would not take is refused in words", (t) => {
  for (const text of [
    "",
    "ab",
    "smith-",
    "-smith",
    "Ä b",
    "smith.other.example",
    "a".repeat(41),
    ".box.example",
  ])
    t.throws(
      () => labelOf(text, BOX),
      { code: "alias-unfit", message: /3 to 40 letters/ },
      `"${text.slice(0, 12)}"`,
    );
  t.end();
});
