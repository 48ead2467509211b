import { useEffect, useRef } from "preact/hooks";
import { tl } from "../../i18n/live.ts";
import type { Group } from "../../live/groups.ts";
import { chooseGroup, favouritesLead, letFavouritesLead } from "../../live/own.ts";
import { Icon } from "../icon.tsx";

/** Which part of the list is shown. @param mayLead whether favourites could go first */
export function Groups({
  groups,
  chosen,
  mayLead,
}: {
  groups: readonly Group[];
  chosen: Group;
  mayLead: boolean;
}) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chip = bar.current?.querySelector<HTMLElement>("[aria-pressed=true]");
    if (chip && bar.current) bar.current.scrollLeft = chip.offsetLeft - bar.current.clientWidth / 3;
  }, []);
  return (
    <div class="groups" role="group" aria-label={tl("groups")} ref={bar} data-scrolls>
      {groups.map(({ id, kind, name }) => (
        <button
          key={id}
          class="group"
          data-group={id}
          aria-pressed={id === chosen.id}
          onClick={() => chooseGroup(id)}
        >
          {kind === "provider" ? name : tl(`group.${kind}`)}
        </button>
      ))}
      {mayLead && (
        <button
          class="group lead"
          data-action="favourites-lead"
          aria-pressed={favouritesLead.value}
          onClick={() => letFavouritesLead(!favouritesLead.value)}
        >
          <Icon name="star" />
          {tl("lead")}
        </button>
      )}
    </div>
  );
}
