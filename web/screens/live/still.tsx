import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import { initials, tintOf } from "../../live/initials.ts";
import { watchSight } from "../../live/sight.ts";
import { stills } from "../../live/stills-here.ts";
import { Icon } from "../icon.tsx";
import { ChannelLogo } from "./channel-logo.tsx";

const TINTS = 6;

/** What a channel shows, 16:9; until it is here, and where there is none, its logo, or what its name begins with. */
export function Still({ channel }: { channel: Channel }) {
  const { id, name, kind, still = null, logo = null } = channel;
  const place = useRef<HTMLSpanElement>(null);
  const address = stills.of(id).value;
  useEffect(() => {
    if (place.current === null) return;
    return watchSight(place.current, (seen) => (seen ? stills.show(id, still) : stills.hide(id)));
  }, [id, still]);
  return (
    <span class="still" ref={place} data-tint={tintOf(id, TINTS)} aria-hidden="true">
      {logo !== null ? (
        <ChannelLogo channel={channel} />
      ) : kind === "radio" ? (
        <Icon name="radio" />
      ) : (
        <span class="initials">{initials(name)}</span>
      )}
      {address !== null && <img src={address} alt="" decoding="async" data-still={id} />}
    </span>
  );
}
