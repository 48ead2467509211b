import { effect } from "@preact/signals";
import { connection } from "../here.ts";
import * as state from "../state.ts";
import { logoPicture } from "./logo-picture.ts";
import { stillPicture } from "./still-picture.ts";
import { Stills } from "./stills.ts";

/** The pictures of the channels, as this client may see them. */
export const stills = shelf("still", stillPicture);
/** The pictures that the owner chose for channels. */
export const logos = shelf("logo", logoPicture);

function shelf(what: "still" | "logo", picture: (body: Blob) => Promise<string>): Stills {
  return new Stills({
    fetch: async (channel, signal) =>
      picture(await connection.blob(`/api/v1/channels/${encodeURIComponent(channel)}/${what}`, { signal })),
    release: (address) => URL.revokeObjectURL(address.split("#")[0] ?? address),
  });
}

effect(() => {
  if (state.me.value !== null) return;
  stills.clear();
  logos.clear();
});
