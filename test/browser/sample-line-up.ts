import type { Channel } from "../../src/protocol/api.ts";
import { sampleChannels } from "./sample-channels.ts";

const PROVIDERS = ["Rai", "France Télévisions", "ARD", "中央广播电视总台", "Sky"];
const NAMES = ["Uno", "Deux", "Drei", "卫视", "Sport", "Kultur", "Cinéma", "News", "Kids", "Nature"];

/** A line-up as large as a satellite's: the sample's channels, and so many more of a few providers. */
export function largeLineUp(at: number, count = 200): Channel[] {
  const few = sampleChannels(at);
  const [model] = few;
  if (model === undefined) return [];
  const more = Array.from({ length: count - few.length }, (_, index): Channel => {
    const provider = PROVIDERS[index % PROVIDERS.length] ?? "";
    const name = `${provider.split(" ")[0]} ${NAMES[index % NAMES.length]} ${index + 1}`;
    const radio = index % 11 === 10;
    return {
      ...model,
      id: `more-${index}`,
      number: 200 + index,
      name,
      provider,
      kind: radio ? "radio" : "tv",
    };
  });
  return [...few, ...more];
}
