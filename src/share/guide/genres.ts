/** Names of genres by content_nibble_level_1, the first of each for level_2 0. @see EN 300 468 table 29 */
const GENRES: Readonly<Record<number, readonly string[]>> = {
  0x1: [
    "movie/drama",
    "detective/thriller",
    "adventure/western/war",
    "science fiction/fantasy/horror",
    "comedy",
    "soap/melodrama/folkloric",
    "romance",
    "serious/classical/religious/historical movie/drama",
    "adult movie/drama",
  ],
  0x2: [
    "news/current affairs",
    "news/weather report",
    "news magazine",
    "documentary",
    "discussion/interview/debate",
  ],
  0x3: ["show/game show", "game show/quiz/contest", "variety show", "talk show"],
  0x4: [
    "sports",
    "special events",
    "sports magazines",
    "football/soccer",
    "tennis/squash",
    "team sports (excluding football)",
    "athletics",
    "motor sport",
    "water sport",
    "winter sports",
    "equestrian",
    "martial sports",
  ],
  0x5: [
    "children's/youth programmes",
    "pre-school children's programmes",
    "entertainment programmes for 6 to 14",
    "entertainment programmes for 10 to 16",
    "informational/educational/school programmes",
    "cartoons/puppets",
  ],
  0x6: [
    "music/ballet/dance",
    "rock/pop",
    "serious music/classical music",
    "folk/traditional music",
    "jazz",
    "musical/opera",
    "ballet",
  ],
  0x7: [
    "arts/culture (without music)",
    "performing arts",
    "fine arts",
    "religion",
    "popular culture/traditional arts",
    "literature",
    "film/cinema",
    "experimental film/video",
    "broadcasting/press",
    "new media",
    "arts/culture magazines",
    "fashion",
  ],
  0x8: [
    "social/political issues/economics",
    "magazines/reports/documentary",
    "economics/social advisory",
    "remarkable people",
  ],
  0x9: [
    "education/science/factual topics",
    "nature/animals/environment",
    "technology/natural sciences",
    "medicine/physiology/psychology",
    "foreign countries/expeditions",
    "social/spiritual sciences",
    "further education",
    "languages",
  ],
  0xa: [
    "leisure hobbies",
    "tourism/travel",
    "handicraft",
    "motoring",
    "fitness and health",
    "cooking",
    "advertisement/shopping",
    "gardening",
  ],
  0xb: [
    "original language",
    "black and white",
    "unpublished",
    "live broadcast",
    "plano-stereoscopic",
    "local or regional",
  ],
  0xc: ["adult"],
};

/** What the level 1 of 0xB is called by itself, since its level 2 of 0 is a meaning of its own. */
const CHARACTERISTICS = "special characteristics";

/**
 * Names of a genre.
 * @param code content_nibble_level_1 << 4 | level_2
 * @returns `detail` null where level 2 is general, or not defined; null for a level 1 that is not defined
 */
export function genreNames(code: number): { name: string; detail: string | null } | null {
  const level1 = code >> 4;
  const level2 = code & 0x0f;
  const names = GENRES[level1];
  if (names === undefined) return null;
  if (level1 === 0xb) return { name: CHARACTERISTICS, detail: names[level2] ?? null };
  return { name: names[0] ?? "", detail: level2 === 0 ? null : (names[level2] ?? null) };
}

/** The code of a genre by its name, level 1 or level 2, whatever its case; null when there is none. */
export function genreCode(name: string): number | null {
  const wanted = name.trim().toLowerCase();
  for (const [level1, names] of Object.entries(GENRES)) {
    const level2 = names.findIndex((one) => one === wanted || one.split("/").includes(wanted));
    if (level2 >= 0) return (Number(level1) << 4) | level2;
  }
  return null;
}
