import type { AudioTrack, Track } from "../media-source.ts";

/**
 * Names of renditions that stay while tracks come, go and change: a player that follows `a1` must find there what it chose.
 * A track keeps the name of the one with its id, else of one in the same language and role, else of a free one.
 */
export class RenditionIds {
  #previous: { readonly id: string; readonly track: Track }[] = [];

  /** @returns a name for each track, in order */
  assign(tracks: readonly Track[]): string[] {
    const names = new Array<string>(tracks.length).fill("");
    const taken = new Set<string>();
    const match = (same: (track: Track, before: Track) => boolean): void => {
      tracks.forEach((track, index) => {
        if (names[index] !== "") return;
        const found = this.#previous.find(
          ({ id, track: before }) => !taken.has(id) && before.kind === track.kind && same(track, before),
        );
        if (found === undefined) return;
        names[index] = found.id;
        taken.add(found.id);
      });
    };
    match((track, before) => track.id === before.id);
    match((track, before) => sameRole(track, before));
    match(() => true);
    tracks.forEach((track, index) => {
      if (names[index] !== "") return;
      const letter = track.kind === "video" ? "v" : "a";
      for (let number = 0; names[index] === ""; number++) {
        const name = `${letter}${number}`;
        if (taken.has(name)) continue;
        names[index] = name;
        taken.add(name);
      }
    });
    this.#previous = tracks.map((track, index) => ({ id: names[index] ?? "", track }));
    return names;
  }
}

function sameRole(track: Track, before: Track): boolean {
  if (track.kind === "video" || before.kind === "video") return true;
  const role = ({ language, audioDescription }: AudioTrack): string => `${language} ${audioDescription}`;
  return role(track) === role(before);
}
