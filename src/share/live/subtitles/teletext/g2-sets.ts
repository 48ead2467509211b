/**
 * The supplementary character sets, 0x20..0x7F each: one UTF-16 unit per code. 4/0..4/15 are accents that stand alone.
 * @see EN 300 706 §15.6
 */

const ACCENTS = " ˋˊˆ˜ˉ˘˙¨.˚ˏˍ˝˛ˇ";

/** @see EN 300 706 Table 37 */
export const LATIN_G2 =
  " ¡¢£$¥#§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿" + ACCENTS + "—¹®©™♪₠‰ɑ   ⅛⅜⅝⅞" + "ΩÆÐªĦ ĲĿŁØŒºÞŦŊŉ" + "ĸæđðħıĳŀłøœßþŧŋ■";

/** @see EN 300 706 Table 41 */
export const CYRILLIC_G2 =
  " ¡¢£ ¥#§ ‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿" + ACCENTS + "—¹®©™♪₠‰ɑŁłß⅛⅜⅝⅞" + "DEFGIJKLNQRSUVWZ" + "defgijklnqrsuvwz";

/** @see EN 300 706 Table 43 */
export const GREEK_G2 =
  " ab£ehi§:‘“k←↑→↓°±²³xmnp÷’”t¼½¾x" + ACCENTS + "?¹®©™♪₠‰ɑΊΎΏ⅛⅜⅝⅞" + "CDFGJLQRSUVWYZΆΉ" + "cdfgjlqrsuvwyzΈ■";

/** @see EN 300 706 Table 46 */
export const ARABIC_G2 =
  " \u0639\uFEC9\uFE83\uFE85\uFE87\uFE8B\uFE89\uFB7C\uFB7D\uFB7A\uFB58\uFB59\uFB56\uFB6D\uFB8E" +
  "٠١٢٣٤٥٦٧٨٩\uFECE\uFECD\uFEFC\uFEEC\uFEEA\uFEE9" +
  "àABCDEFGHIJKLMNOPQRSTUVWXYZëêùî\uFECA" +
  "éabcdefghijklmnopqrstuvwxyzâôûç ";

/** Combining marks of the sixteen accents; 0 has none. @see EN 300 706 §12.3.4 Table 29 */
export const COMBINING: readonly string[] = [
  "", // none
  "\u0300", // grave
  "\u0301", // acute
  "\u0302", // circumflex
  "\u0303", // tilde
  "\u0304", // macron
  "\u0306", // breve
  "\u0307", // dot above
  "\u0308", // diaeresis
  "\u0323", // dot below
  "\u030A", // ring
  "\u0327", // cedilla
  "\u0332", // low line
  "\u030B", // double acute
  "\u0328", // ogonek
  "\u030C", // caron
];
