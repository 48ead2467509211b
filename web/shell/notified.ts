/** What goes with a notification of a programme that begins; its worker reads it when it is tapped. */
export interface Reminded {
  readonly channel: string;
  readonly startsAt: string;
}

/** A page of the app, as the worker sees it. */
export interface OpenPage {
  readonly url: string;
  readonly focused: boolean;
  readonly visibilityState: "visible" | "hidden";
}

/** null: it is something else's. */
export function remindedIn(data: unknown): Reminded | null {
  if (typeof data !== "object" || data === null) return null;
  const fields = new Map<string, unknown>(Object.entries(data));
  const channel = fields.get("channel");
  const startsAt = fields.get("startsAt");
  if (typeof channel !== "string" || channel === "" || typeof startsAt !== "string") return null;
  return { channel, startsAt };
}

/** The page that comes to the front: the one that was there last. A television's own page stays what it is. */
export function pageFor<Page extends OpenPage>(pages: readonly Page[], origin: string): Page | null {
  const own = pages.filter(({ url }) => {
    const { origin: its, pathname } = new URL(url);
    return its === origin && pathname === "/";
  });
  return (
    own.find(({ focused }) => focused) ??
    own.find(({ visibilityState }) => visibilityState === "visible") ??
    own[0] ??
    null
  );
}
