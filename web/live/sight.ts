/** Pixels around the screen that count as seen: what scrolls in has its picture already. */
const MARGIN = "240px 0px";

const watchers = new WeakMap<Element, (seen: boolean) => void>();
let observer: IntersectionObserver | null = null;

/** Tells when an element comes into sight and goes out of it, without work while one scrolls. @returns how to stop it */
export function watchSight(element: Element, tell: (seen: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) watchers.get(target)?.(isIntersecting);
    },
    { rootMargin: MARGIN },
  );
  let seen = false;
  watchers.set(element, (now) => {
    if (now !== seen) tell((seen = now));
  });
  observer.observe(element);
  return () => {
    observer?.unobserve(element);
    watchers.delete(element);
    if (seen) tell(false);
  };
}
