/**
 * What is wrong with the layout, in words: sideways scrolling, controls that are too small for a finger, out of the
 * screen, cut off, or under one another.
 */
export const FAULTS = `(() => {
  const faults = [];
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push("scrolls sideways: " + scrollWidth + " in " + clientWidth);
  const seen = (element) => {
    const strip = element.closest("[data-strip]"); // scrolls sideways by itself: what is beyond its sides is not there
    if (strip) {
      const [own, around] = [element.getBoundingClientRect(), strip.getBoundingClientRect()];
      if (own.left < around.left || own.right > around.right) return false;
    }
    const style = getComputedStyle(element);
    return style.visibility !== "hidden" && style.display !== "none" && element.getClientRects().length > 0;
  };
  const sheet = [...document.querySelectorAll("[role=menu]")].find((menu) => getComputedStyle(menu).position === "fixed");
  const modal = document.querySelector("dialog[open]") ?? sheet;
  // of what scrolls sideways in itself, what is in sight
  const inSight = (element) => {
    const frame = element.closest("[data-scrolls]")?.getBoundingClientRect();
    const own = element.getBoundingClientRect();
    return frame === undefined || (own.left >= frame.left && own.right <= frame.right);
  };
  const controls = [...(modal ?? document).querySelectorAll("button, input, a")].filter(seen).filter(inSight);
  const name = (element) => element.dataset.action ?? element.name ?? element.textContent;
  for (const control of controls) {
    const { left, right, width, height } = control.getBoundingClientRect();
    if (control.tagName !== "A" && (width < 44 || height < 44)) faults.push("small: " + name(control) + " " + width + "x" + height);
    if (left < -1 || right > clientWidth + 1) faults.push("outside: " + name(control));
    if (control.scrollWidth > control.clientWidth + 1 && control.tagName === "BUTTON") faults.push("cut off: " + name(control));
  }
  // What scrolls can be moved out from under a bar that stays: only what cannot is a fault.
  const bar = (element) => {
    for (let at = element; at; at = at.parentElement) if (/fixed|sticky/.test(getComputedStyle(at).position)) return at;
    return null;
  };
  const scrollsOut = (one, other) => {
    const [stays, moves] = bar(one) ? [bar(one), other] : [bar(other), one];
    if (bar(moves) !== null) return false;
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
    const [still, own] = [stays.getBoundingClientRect(), moves.getBoundingClientRect()];
    return own.bottom - (scrollHeight - clientHeight - scrollTop) <= still.top + 1 || own.top + scrollTop >= still.bottom - 1;
  };
  const fixed = controls.filter((control) => control.dataset.channel === undefined && control.dataset.star === undefined);
  for (const [index, one] of fixed.entries()) {
    for (const other of fixed.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      if (one.closest(".sheet-foot, .sheet header") !== other.closest(".sheet-foot, .sheet header")) continue; // things scroll under it
      if (bar(one) !== bar(other) && scrollsOut(one, other)) continue;
      const a = one.getBoundingClientRect();
      const b = other.getBoundingClientRect();
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        faults.push("overlap: " + name(one) + " and " + name(other));
    }
  }
  const unnamed = controls.filter((c) => !(c.textContent.trim() || c.getAttribute("aria-label") || c.labels?.length));
  if (unnamed.length > 0) faults.push("without a name: " + unnamed.map((c) => c.outerHTML).join(" "));
  return faults;
})()`;
