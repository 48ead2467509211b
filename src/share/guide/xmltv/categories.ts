import { genreCode } from "../genres.ts";

/** Words of listings that are no name of a genre by themselves, by its code. @see EN 300 468 table 29 */
const WORDS: Readonly<Record<number, string>> = {
  0x10: "movie|movies|film|films|feature film|spielfilm|fernsehfilm|tv movie|película|cine|电影|影视|drama series|电视剧",
  0x11: "crime|krimi|mystery|policier|suspense",
  0x12: "western|war|abenteuer|action",
  0x13: "sci-fi|fantasy|horror|science-fiction",
  0x14: "comedy|sitcom|komödie|comédie|comedia|喜剧",
  0x16: "romance|liebesfilm",
  0x20: "news|nachrichten|journal|actualités|informations|noticias|新闻",
  0x21: "weather|wetter|météo|天气",
  0x23: "documentary|dokumentation|dokumentarfilm|documentaire|documental|纪录片",
  0x30: "entertainment|show|unterhaltung|divertissement|entretenimiento|综艺|娱乐",
  0x31: "game show|quiz|jeu|gameshow|concurso",
  0x33: "talk|talkshow|talk show",
  0x40: "sport|sports|deportes|体育",
  0x43: "football|soccer|fußball|fútbol|足球",
  0x50: "kids|children|kinder|jeunesse|infantil|children's|少儿|儿童",
  0x55: "cartoon|animation|animated|zeichentrick|dessin animé|动画",
  0x60: "music|musik|musique|música|音乐",
  0x70: "arts|culture|kultur|文化",
  0x73: "religion|religious",
  0x81: "magazine|magazin|report|reportage",
  0x90: "education|educational|bildung|科教|教育",
  0x91: "nature|animals|natur|wildlife|自然",
  0x92: "technology|science|wissenschaft|科学",
  0xa0: "leisure|lifestyle|hobby|生活",
  0xa1: "travel|reisen|旅游",
  0xa5: "cooking|food|kochen|cuisine|美食",
  0xa6: "shopping|购物",
  0xa7: "gardening|garten",
};
const CODES = new Map(
  Object.entries(WORDS).flatMap(([code, words]) =>
    words.split("|").map((word) => [word, Number(code)] as const),
  ),
);

/**
 * Genres of a programme's categories; a word that names none is left out.
 * @returns each once; a general one only where nothing of it is said more exactly
 */
export function genresOf(categories: readonly string[]): number[] {
  const codes = new Set<number>();
  for (const category of categories) {
    const word = category.trim().toLowerCase();
    const code = CODES.get(word) ?? genreCode(word);
    if (code !== null) codes.add(code);
  }
  const isGeneral = (code: number): boolean => (code & 0x0f) === 0 && code >> 4 !== 0xb;
  return [...codes].filter(
    (code) => !isGeneral(code) || ![...codes].some((one) => one !== code && one >> 4 === code >> 4),
  );
}
