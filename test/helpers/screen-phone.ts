import { networkInterfaces } from "node:os";
import type { ScreenLink } from "../../src/protocol/access-api.ts";
import type { Daemon } from "./daemon.ts";
import { KeyPhone } from "./key-phone.ts";

/** What a claim needs of a link that makes the box's own screen; the box gives no code for it. */
export interface OpenLink {
  readonly code: string;
  /** As an offer's. */
  readonly url: string;
}

/** Asks for one as `tellyport tv` does. */
export async function screenLink(box: Daemon): Promise<OpenLink> {
  const { status, body } = await box.local<ScreenLink>("POST", "/api/v1/screen");
  if (status !== 201) throw new Error(`no link: ${JSON.stringify(body)}`);
  return { code: "BBBB-BBBB", url: body.url.replace("#s=", "#p=") };
}

/** The box's own screen, as a browser on the box is it. */
export async function screenOf(box: Daemon): Promise<KeyPhone> {
  const screen = await KeyPhone.make(box);
  const answer = await screen.pair(await screenLink(box), "qr");
  if (answer.status !== 200) throw new Error(`no screen: ${JSON.stringify(answer.body)}`);
  return screen;
}

/** An address of this machine that its neighbours reach; null where there is none. */
export function neighbourAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? null;
}
