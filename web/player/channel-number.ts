import type { Channel } from "../../src/protocol/api.ts";

/** Digits of the highest number that a channel can have. */
const MOST_DIGITS = 4;

/** What is typed after one more digit; when there is no room for it, it begins anew. */
export function typedMore(typed: string, digit: string): string {
  const more = (typed + digit).replace(/^0+/, "");
  return more.length > MOST_DIGITS ? digit.replace("0", "") : more;
}

/** The channel of a typed number; null: there is none. */
export function numbered<T extends Pick<Channel, "number">>(channels: readonly T[], typed: string): T | null {
  return channels.find(({ number }) => String(number) === typed) ?? null;
}

/** Whether a further digit would lead to any channel. */
export function mayGoOn(channels: readonly Pick<Channel, "number">[], typed: string): boolean {
  return channels.some(({ number }) => {
    const text = String(number);
    return text.length > typed.length && text.startsWith(typed);
  });
}
