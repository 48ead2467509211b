/** ISO 639-1, then ISO 639-2 (terminological first): the languages that broadcasters send. */
const LANGUAGES = `sq:sqi,alb ar:ara hy:hye,arm az:aze eu:eus,baq be:bel bn:ben bs:bos bg:bul my:mya,bur ca:cat zh:zho,chi
  co:cos hr:hrv cs:ces,cze da:dan nl:nld,dut en:eng eo:epo et:est fi:fin fr:fra,fre fy:fry gl:glg ka:kat,geo de:deu,ger el:ell,gre
  he:heb hi:hin hu:hun is:isl,ice id:ind ga:gle it:ita ja:jpn kk:kaz ko:kor ku:kur lv:lav lt:lit lb:ltz mk:mkd,mac ms:msa,may mt:mlt
  nb:nob nn:nno no:nor fa:fas,per pl:pol pt:por ro:ron,rum rm:roh ru:rus gd:gla sr:srp sk:slk,slo sl:slv so:som es:spa sv:swe
  ta:tam th:tha tr:tur uk:ukr ur:urd vi:vie cy:cym,wel`;

const SHORT = new Map<string, string>();
const LONG = new Map<string, string>();
for (const entry of LANGUAGES.split(/\s+/)) {
  const [short = "", codes = ""] = entry.split(":");
  for (const code of codes.split(",")) SHORT.set(code, short);
  LONG.set(short, codes.split(",")[0] ?? "");
}

/** For a `lang` attribute: two letters where there are two, as the DTD wants. @param code ISO 639-2; null: not known, or no code */
export function xmltvLanguage(code: string | null): string | null {
  const wanted = code?.toLowerCase() ?? "";
  return SHORT.get(wanted) ?? (/^[a-z]{3}$/.test(wanted) && wanted !== "und" ? wanted : null);
}

/** Of a `lang` attribute such as `de`, `deu` or `de_CH`: ISO 639-2, terminological; null where it names no language. */
export function languageOfXmltv(lang: string | null | undefined): string | null {
  const wanted = (lang ?? "").toLowerCase().split(/[-_.@]/, 1)[0] ?? "";
  const short = SHORT.get(wanted) ?? wanted;
  return LONG.get(short) ?? (/^[a-z]{3}$/.test(wanted) && wanted !== "und" ? wanted : null);
}
