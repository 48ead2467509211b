/** Rows of characters from a code on; a character is a code point, so that those beyond the BMP count as one. */
const RUNS: readonly (readonly [first: number, characters: string])[] = [
  // Row 92: arrows, units, numbers, abbreviations.
  [0x7c21, "➡⬅⬆⬇⬯⬮年月日円㎡㎥㎝㎠㎤🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐"],
  [0x7c40, "🄁🄂🄃🄄🄅🄆🄇🄈🄉🄊㈳㈶㈲㈱㈹㉄▶◀〖〗⟐²³"],
  // Row 93: days, eras, base ball, units, fractions, weather, games.
  [0x7d21, "㈪㈫㈬㈭㈮㈯㈰㈷㍾㍽㍼㍻№℡〶⚾"],
  [0x7d47, "ℓ㎏㎐㏊㎞㎢㍱"],
  [0x7d50, "½↉⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅑⅒☀☁☂⛄☖☗⛉⛊♦♥♣♠⛋⨀‼⁉⛅☔⛆☃⛇⚡⛈"],
  [0x7d78, "⚞⚟♬☎"],
  // Row 94: Roman and enclosed numbers and letters.
  [0x7e21, "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ⑰⑱⑲⑳⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿㉑㉒㉓㉔"],
  [0x7e41, "🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩㉕㉖㉗㉘㉙㉚"],
  [0x7e61, "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯❶❷❸❹❺❻❼❽❾❿⓫⓬㉛"],
];

/** Marks of a programme, in brackets as guides print them: few fonts have the characters that Unicode gave them. */
const BRACKETED: readonly (readonly [first: number, marks: string])[] = [
  [0x7a50, "HV SD P W MV 手 字 双 デ S 二 多 解 SS B N"],
  [0x7a62, "天 交 映 無 料 年齢制限 前 後 再 新 初 終 生 販 声 吹 PPV 秘 ほか"],
  [0x7c3a, "氏 副 元 故 前 新"],
  [0x7d31, "本 三 二 安 点 打 盗 勝 敗 S 投 捕 一 二 三 遊 左 中 右 指 走 打"],
];

/** Additional symbols of ISDB by two-byte code. @see ARIB STD-B24 part 1-2 table 7-19 */
export const ARIB_SYMBOLS: ReadonlyMap<number, string> = new Map([
  [0x7a60, "■"],
  [0x7a61, "●"],
  ...RUNS.flatMap(([first, characters]) =>
    [...characters].map((character, index): [number, string] => [first + index, character]),
  ),
  ...BRACKETED.flatMap(([first, marks]) =>
    marks.split(" ").map((mark, index): [number, string] => [first + index, `[${mark}]`]),
  ),
]);
