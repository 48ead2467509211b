import { LANGUAGES, chooseLanguage, language, t, type Language } from "../i18n/index.ts";

/** Each language in its own name, so that it is found by who cannot read the other. */
export function LanguageSwitch() {
  return (
    <div class="switch" role="group" aria-label={t("settings.language")}>
      {(Object.entries(LANGUAGES) as [Language, string][]).map(([code, name]) => (
        <button
          key={code}
          lang={code}
          data-language={code}
          aria-pressed={language.value === code}
          onClick={() => chooseLanguage(code)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
