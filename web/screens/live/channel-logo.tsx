import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import { initials } from "../../live/initials.ts";
import { groundAt } from "../../live/logo-picture.ts";
import { watchSight } from "../../live/sight.ts";
import { logos } from "../../live/stills-here.ts";

type Named = Pick<Channel, "id" | "name" | "logo">;

/** Whether a list has logos: with none there is no place kept for them. */
export function someLogos(channels: readonly Pick<Channel, "logo">[]): boolean {
  return channels.some(({ logo = null }) => logo !== null);
}

/**
 * A channel's logo on a quiet plate, beside its name; until it is here, and where there is none, what the name begins with.
 * @param props.bare nothing in place of it: the name is all that is needed
 */
export function ChannelLogo({
  channel: { id, name, logo = null },
  bare = false,
}: {
  channel: Named;
  bare?: boolean;
}) {
  const place = useRef<HTMLSpanElement>(null);
  const address = logo === null ? null : logos.of(id).value;
  useEffect(() => {
    if (place.current === null || logo === null) return;
    return watchSight(place.current, (seen) => (seen ? logos.show(id, logo) : logos.hide(id)));
  }, [id, logo]);
  return (
    <span
      class="logo-plate"
      ref={place}
      data-ground={address === null ? undefined : groundAt(address)}
      aria-hidden="true"
    >
      {address !== null ? (
        <img src={address} alt="" decoding="async" data-logo={id} />
      ) : (
        !bare && <span class="initials">{initials(name)}</span>
      )}
    </span>
  );
}
