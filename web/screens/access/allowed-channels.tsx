import { useSignal, type Signal } from "@preact/signals";
import type { ClientLimits } from "../../../src/protocol/client-limits.ts";
import { t } from "../../i18n/index.ts";
import { ta } from "../../i18n/access.ts";
import { matching } from "../../player/obstacle.ts";
import * as state from "../../state.ts";
import { Options } from "./parts.tsx";
import { changed } from "./limits.tsx";

/** With more channels than this one would rather type than scroll. */
const SEARCH_FROM = 12;

/** All channels, or only those that are ticked. */
export function AllowedChannels({ limits }: { limits: Signal<ClientLimits> }) {
  const search = useSignal("");
  const all = state.watchable.value ?? [];
  const { channels } = limits.value;
  const set = (next: readonly string[] | undefined): void => {
    limits.value = changed(limits.value, { channels: next && [...next] });
  };
  return (
    <section>
      <h3>{t("channels.title")}</h3>
      <Options
        name="channels"
        label={t("channels.title")}
        options={[
          { value: "all", words: ta("channels.all") },
          { value: "some", words: ta("channels.only") },
        ]}
        chosen={channels === undefined ? "all" : "some"}
        choose={(which) => set(which === "all" ? undefined : (channels ?? []))}
      />
      {channels !== undefined && (
        <>
          {all.length > SEARCH_FROM && (
            <label class="field">
              <span>{t("channels.search")}</span>
              <input
                type="search"
                name="channel-search"
                autocomplete="off"
                value={search.value}
                onInput={(event) => (search.value = event.currentTarget.value)}
              />
            </label>
          )}
          <div class="checks">
            {matching(all, search.value).map(({ id, number, name }) => {
              const ticked = channels.includes(id);
              return (
                <button
                  key={id}
                  class="check"
                  role="checkbox"
                  aria-checked={ticked}
                  data-allow={id}
                  onClick={() => set(ticked ? channels.filter((one) => one !== id) : [...channels, id])}
                >
                  <span class="number">{number}</span>
                  <span class="clip">{name}</span>
                </button>
              );
            })}
          </div>
          {channels.length === 0 && <p class="label">{ta("channels.none")}</p>}
        </>
      )}
    </section>
  );
}
