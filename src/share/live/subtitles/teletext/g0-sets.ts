/**
 * The primary character sets, 0x20..0x7F each: one UTF-16 unit per code. Where a glyph of the standard can be read as more than one
 * character, the one that the language writes is taken (Polish Ż for the crossed Z, Romanian Ș and Ț with comma, Croatian Đ, Russian Й).
 * @see EN 300 706 §15.6
 */

const ASCII_SIGNS = " !\"#$%&'()*+,-./0123456789:;<=>?";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Latin with no national option. @see EN 300 706 Table 35 */
export const LATIN =
  ASCII_SIGNS.replace("$", "¤") + "@" + LETTERS + "[\\]^_" + "`" + LETTERS.toLowerCase() + "{|}~■";

/** @see EN 300 706 Table 38: Serbian, Croatian */
export const CYRILLIC_1 =
  ASCII_SIGNS +
  "ЧАБЦДЕФГХИЈКЛМНОПЌРСТУВЃЉЊЗЋЖЂШЏ" + // 4/0..5/15
  "чабцдефгхијклмнопќрстувѓљњзћжђш■"; // 6/0..7/15

/** @see EN 300 706 Table 39: Russian, Bulgarian */
export const CYRILLIC_2 =
  ASCII_SIGNS.replace("&", "ы") + "ЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЪЗШЭЩЧЫ" + "юабцдефгхийклмнопярстужвьъзшэщч■";

/** @see EN 300 706 Table 40: Ukrainian */
export const CYRILLIC_3 =
  ASCII_SIGNS.replace("&", "ї") + "ЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬІЗШЄЩЧЇ" + "юабцдефгхийклмнопярстужвьізшєщч■";

/** @see EN 300 706 Table 42 */
export const GREEK =
  ASCII_SIGNS.replace("<", "«").replace(">", "»") +
  "ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ΄ΣΤΥΦΧΨΩΪΫάέήί" +
  "ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ■";

/** @see EN 300 706 Table 45 */
export const HEBREW =
  ASCII_SIGNS.replace("#", "£") + "@" + LETTERS + "←½→↑#" + "אבגדהוזחטיךכלםמןנסעףפץצקרשת₪‖¾÷■";

/**
 * Letters come in the shape in which they are to be drawn, left to right: isolated, initial, medial and final forms.
 * @see EN 300 706 Table 44
 */
export const ARABIC =
  ' !"£$%\uFEF0\uFEF2)(*+،-./0123456789:؛>=<؟' +
  "\uFE94\uFE80\uFE92\uFE8F\uFE98\uFE95\uFE8E\uFE8D\uFE91\uFE93\uFE97\uFE9B\uFE9F\uFEA3\uFEA7\uFEA9" +
  "\uFEAB\uFEAD\uFEAF\uFEB3\uFEB7\uFEBB\uFEBF\uFEC1\uFEC5\uFECB\uFECF\uFE9C\uFEA0\uFEA4\uFEA8#" +
  "\u0640\uFED3\uFED7\uFEDB\uFEDF\uFEE3\uFEE7\uFEEB\uFEED\uFEEF\uFEF3\uFE99\uFE9D\uFEA1\uFEA5\uFEF4" +
  "\uFEF0\uFECC\uFED0\uFED4\uFED1\uFED8\uFED5\uFED9\uFEE0\uFEDD\uFEE4\uFEE1\uFEE8\uFEE5\uFEFB■";

/** Where national options stand in the Latin set. @see EN 300 706 Table 36 */
const PLACES = "#¤@[\\]^_`{|}~";

/** What stands there instead, in the order of {@link PLACES}. @see EN 300 706 Table 36 */
export const NATIONAL_OPTIONS = {
  czechSlovak: "#ůčťžýířéáěúš",
  english: "£$@←½→↑#—¼‖¾÷",
  estonian: "#õŠÄÖŽÜÕšäöžü",
  french: "éïàëêùî#èâôûç",
  german: "#$§ÄÖÜ^_°äöüß",
  italian: "£$é°ç→↑#ùàòèì",
  lettishLithuanian: "#$ŠėęŽčūšąųžį",
  polish: "#ńąŻŚŁćóężśłź",
  portugueseSpanish: "ç$¡áéíóú¿üñèà",
  romanian: "#¤ȚÂȘĂÎıțâșăî",
  serbianCroatianSlovenian: "#ËČĆŽĐŠëčćžđš",
  swedishFinnishHungarian: "#¤ÉÄÖÅÜ_éäöåü",
  turkish: "₺ğİŞÖÇÜĞışöçü",
} as const;

export type NationalOption = keyof typeof NATIONAL_OPTIONS;

/** The Latin set as a country writes it. */
export function latinWith(option: NationalOption): string {
  const instead = NATIONAL_OPTIONS[option];
  return Array.from(LATIN, (character) => {
    const place = PLACES.indexOf(character);
    return place < 0 ? character : instead[place];
  }).join("");
}
