/** What to ask the box for, so that what is looked at is known. */

/** Length of what is asked for at once, ms; blocks begin at whole ones since 1970. */
export const BLOCK = 6 * 3_600_000;
/** Channels named in one request; the box takes 64. */
const MOST_CHANNELS = 32;
/** Blocks in one request: a day. */
const MOST_BLOCKS = 5;

export function blockOf(at: number): number {
  return Math.floor(at / BLOCK);
}

/** Blocks that [from, to) touches. */
export function blocksIn(from: number, to: number): number[] {
  const first = blockOf(from);
  return Array.from({ length: Math.max(0, blockOf(to - 1) - first + 1) }, (_, index) => first + index);
}

/** One channel's part of a block. */
export interface Part {
  readonly channel: string;
  readonly block: number;
}

export const partKey = ({ channel, block }: Part): string => `${block} ${channel}`;

export interface GuideRequest {
  readonly channels: readonly string[];
  readonly first: number;
  /** The last block, which belongs to it. */
  readonly last: number;
}

/** As few requests as bring all `parts`, in the order in which their first parts are wished for. */
export function requestsFor(parts: readonly Part[]): GuideRequest[] {
  const byBlock = new Map<number, string[]>();
  for (const { channel, block } of parts) {
    const channels = byBlock.get(block);
    if (channels === undefined) byBlock.set(block, [channel]);
    else channels.push(channel);
  }
  const requests: { channels: string[]; first: number; last: number }[] = [];
  for (const [block, channels] of byBlock)
    for (let at = 0; at < channels.length; at += MOST_CHANNELS) {
      const some = channels.slice(at, at + MOST_CHANNELS);
      const same = requests.find(
        (one) => isNext(one, block) && one.channels.join() === some.join(), // few: what is on a screen
      );
      if (same === undefined) requests.push({ channels: some, first: block, last: block });
      else {
        same.first = Math.min(same.first, block);
        same.last = Math.max(same.last, block);
      }
    }
  return requests;
}

function isNext({ first, last }: GuideRequest, block: number): boolean {
  return (block === last + 1 || block === first - 1) && last - first + 1 < MOST_BLOCKS;
}

export function partsOf({ channels, first, last }: GuideRequest): Part[] {
  return channels.flatMap((channel) =>
    Array.from({ length: last - first + 1 }, (_, index) => ({ channel, block: first + index })),
  );
}

/** The address of a request. */
export function pathOf({ channels, first, last }: GuideRequest): string {
  const query = new URLSearchParams({
    from: new Date(first * BLOCK).toISOString(),
    to: new Date((last + 1) * BLOCK).toISOString(),
  });
  for (const channel of channels) query.append("channel", channel);
  return `/api/v1/guide?${query.toString()}`;
}
