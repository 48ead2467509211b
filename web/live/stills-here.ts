import { effect } from "@preact/signals";
import { connection } from "../app.ts";
import * as state from "../state.ts";
import { stillPicture } from "./still-picture.ts";
import { Stills } from "./stills.ts";

/** The pictures of the channels, as this client may see them. */
export const stills = new Stills({
  fetch: async (channel, signal) =>
    stillPicture(await connection.blob(`/api/v1/channels/${encodeURIComponent(channel)}/still`, { signal })),
  release: (address) => URL.revokeObjectURL(address),
});

effect(() => {
  if (state.me.value === null) stills.clear();
});
