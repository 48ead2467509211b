import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import * as places from "../../places.ts";
import { tw } from "../../i18n/watch.ts";
import { chooseScreen, watchScreens, worthLooking } from "../../player/elsewhere.ts";
import { fetchableByOthers } from "../../player/fetchable.ts";
import { canFloat, float, floats, unfloat } from "../../player/picture-in-picture.ts";
import type { Player } from "../../player/player.ts";
import { previousChannel } from "../../player/previous-channel.ts";
import * as state from "../../state.ts";
import { ChoiceMenu, type Choice } from "../choice-menu.tsx";
import { sleepList, sleepNote } from "./sleep.tsx";

export interface MoreMenuProps {
  readonly player: Player;
  readonly channel: Channel | null;
  readonly open: Signal<string | null>;
  readonly facts: Signal<boolean>;
}

/** What one seldom needs while watching. */
export function MoreMenu({ player, channel, open, facts }: MoreMenuProps) {
  const casting = useCasting(player);
  const before = state.channels.value?.find(({ id }) => id === previousChannel());
  const doing = (key: string, words: string, choose: () => void): Choice => ({
    key,
    words,
    chosen: null,
    choose,
  });
  const choices: Choice[] = [
    { ...doing("list", tw("list"), () => undefined), leadsTo: "list" },
    ...(before === undefined
      ? []
      : [doing("before", tw("previous", { name: before.name }), () => places.switchChannel(before))]),
    ...floating(player, channel, doing),
    ...(casting === null || casting === "looking" ? [] : [doing("cast", casting.words, casting.choose)]),
    { ...doing("sleep", tw("sleep"), () => undefined), note: sleepNote(), leadsTo: "sleep" },
    doing("facts", tw("facts"), () => (facts.value = !facts.value)),
  ];
  return (
    <ChoiceMenu
      name="more"
      icon="more"
      label={tw("more")}
      about={casting === "looking" ? tw("cast.looking") : undefined}
      choices={choices}
      open={open}
      further={[sleepList(channel?.now?.endsAt ?? null)]}
    />
  );
}

function floating(
  player: Player,
  channel: Channel | null,
  doing: (key: string, words: string, choose: () => void) => Choice,
): Choice[] {
  const { video } = player;
  if (video === null || channel?.kind !== "tv" || player.phase.value !== "playing" || !canFloat(video))
    return [];
  if (floats(video)) return [doing("float", tw("float.end"), () => void unfloat(video))];
  return [doing("float", tw("float"), () => void float(video).catch(() => undefined))];
}

/** Sending the picture to another screen; null where that cannot work. */
function useCasting(player: Player): { words: string; choose: () => void } | "looking" | null {
  const screens = useSignal(false);
  const playing = player.phase.value === "playing";
  const { video } = player;
  const native = playing && player.facts()?.native === true;
  useEffect(() => {
    screens.value = false;
    return native && video !== null ? watchScreens(video, (some) => (screens.value = some)) : undefined;
  }, [native, video]);
  const { addresses } = state.box.value ?? {};
  if (!playing || video === null || !fetchableByOthers(location, [addresses?.home, addresses?.away]))
    return null;
  if (native) return screens.value ? { words: tw("cast"), choose: () => chooseScreen(video) } : "looking";
  // what a script feeds an element no other screen can fetch: first the browser itself has to play
  return worthLooking(video) ? { words: tw("cast.look"), choose: () => player.playNatively() } : null;
}
