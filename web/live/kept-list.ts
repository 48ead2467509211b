import type { Channel } from "../../src/protocol/api.ts";

/** What a device keeps of the list for its next visit: nothing that a rule may hide later, such as titles. */
interface Kept {
  readonly box: string;
  readonly name: string;
  readonly channels: readonly (readonly [
    id: string,
    number: number,
    name: string,
    radio: 0 | 1,
    favourite: 0 | 1,
    provider: string | null,
  ])[];
}

/** The list of the last visit, until the box has told the present one. */
export interface LastList {
  readonly box: string;
  /** How the box is called. */
  readonly name: string;
  readonly channels: readonly Channel[];
}

/** So many channels are kept: what is below the fold comes in time. */
const AT_MOST = 300;

/** What to keep of a list, as text. @param channels those that a person may choose from */
export function keptText(box: string, name: string, channels: readonly Channel[]): string {
  const kept: Kept = {
    box,
    name,
    channels: channels
      .slice(0, AT_MOST)
      .map(({ id, number, name: called, kind, favourite, provider }) => [
        id,
        number,
        called,
        kind === "radio" ? 1 : 0,
        favourite === true ? 1 : 0,
        provider,
      ]),
  };
  return JSON.stringify(kept);
}

/** @param text what an earlier visit left; @returns null when it is nothing of ours */
export function keptList(text: string | null): LastList | null {
  try {
    const { box, name, channels } = JSON.parse(text ?? "null") as Kept;
    if (typeof box !== "string" || typeof name !== "string" || channels.length === 0) return null;
    return { box, name, channels: channels.map(asChannel) };
  } catch {
    return null;
  }
}

/** @throws TypeError for what is none */
function asChannel([id, number, name, radio, favourite, provider]: Kept["channels"][number]): Channel {
  if (typeof id !== "string" || typeof number !== "number" || typeof name !== "string") throw new TypeError();
  return {
    id,
    number,
    name,
    provider: typeof provider === "string" ? provider : null,
    kind: radio === 1 ? "radio" : "tv",
    scrambled: false,
    favourite: favourite === 1,
    now: null,
    next: null,
    codecs: null,
    availability: "free",
    still: null,
  };
}
