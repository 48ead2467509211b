import { putAway } from "../../access/follow.ts";
import { ta } from "../../i18n/access.ts";
import { t } from "../../i18n/index.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { entryWords } from "./log-words.ts";

const LONGEST_NAME = 20;

/** A quiet line above what is on the screen: who wants in, or what somebody did. */
export function Banner() {
  if (state.sheet.value.length > 0) return null; // what lies under a sheet is out of reach
  const offer = state.offer.value;
  if (offer?.state === "waiting")
    return (
      <Line
        kind="offer"
        icon="add"
        words={ta("banner.waiting", { name: shortened(offer.claim?.name ?? "") })}
        see={() => state.openSheet({ name: "add", waiting: offer })}
        close={() => (state.offer.value = null)}
      />
    );
  const [newest, ...others] = state.notices.value;
  if (newest === undefined) return null;
  const words = entryWords({ ...newest, name: newest.name && shortened(newest.name) });
  return (
    <Line
      kind={newest.event}
      icon="alarm"
      words={others.length === 0 ? words : ta("banner.more", { words, count: others.length })}
      see={() => {
        putAway(state.notices.value, true);
        state.openSheet({ name: "log" });
      }}
      close={() => putAway(state.notices.value)}
    />
  );
}

/** A name's beginning, so that what happened still fits on the line. */
function shortened(name: string): string {
  const letters = [...name];
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME).join("")}…` : name;
}

function Line(props: {
  kind: string;
  icon: "add" | "alarm";
  words: string;
  see: () => void;
  close: () => void;
}) {
  return (
    <div class="banner" role="status" data-banner={props.kind}>
      <Icon name={props.icon} />
      <p>{props.words}</p>
      <button data-action="see" onClick={props.see}>
        {ta("banner.see")}
      </button>
      <button class="round" data-action="put-away" aria-label={t("app.close")} onClick={props.close}>
        <Icon name="close" />
      </button>
    </div>
  );
}
