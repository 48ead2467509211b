import * as places from "../places.ts";
import { t } from "../i18n/index.ts";
import * as state from "../state.ts";
import { Icon, type IconName } from "./icon.tsx";

const TABS = [
  ["channels", "live"],
  ["guide", "guide"],
  ["search", "search"],
] as const satisfies readonly (readonly [places.Place, IconName])[];

/** Where one can be, and the settings: under the thumb on a phone, at the side elsewhere. */
export function Tabs({ at }: { at: places.Place }) {
  return (
    <nav class="tabs" aria-label={t("tabs.title")}>
      {TABS.map(([place, icon]) => (
        <button
          key={place}
          data-tab={place}
          aria-current={place === at ? "page" : undefined}
          onClick={() => places.go(place)}
        >
          <Icon name={icon} />
          <span class="clip">{t(`tabs.${place}`)}</span>
        </button>
      ))}
      <button data-action="settings" onClick={() => state.openSheet({ name: "settings" })}>
        <Icon name="settings" />
        <span class="clip">{t("tabs.settings")}</span>
      </button>
    </nav>
  );
}
