import type { Channel, LogoVersion } from "../../../src/protocol/api.ts";
import { Problem } from "../../api/problem.ts";
import { connection } from "../../here.ts";
import { LOGO_BYTES, LOGO_SIDE, logoSize } from "../../box/logo-size.ts";
import { tb } from "../../i18n/box.ts";
import { ChannelLogo } from "../live/channel-logo.tsx";
import { Trouble, useCall } from "../access/parts.tsx";

/** The picture that the owner chose for a channel: seen, chosen, removed. */
export function LogoField({ channel, set }: { channel: Channel; set: (logo: string | null) => void }) {
  const { id, name, logo = null } = channel;
  const call = useCall();
  const path = `/api/v1/channels/${encodeURIComponent(id)}/logo`;
  const choose = (file: File | undefined): void =>
    void call.run(async () => {
      if (file === undefined) return;
      const body = { image: await smallPicture(file) };
      set((await connection.call<LogoVersion>("PUT", path, { body })).logo);
    });
  const remove = (): void =>
    void call.run(async () => set((await connection.call<LogoVersion>("DELETE", path)).logo));
  return (
    <>
      <div class="with-button">
        <label class="file-field">
          <span class="logo-choice">
            {logo !== null && <ChannelLogo channel={{ id, name, logo }} />}
            {tb(logo === null ? "lineup.logo" : "lineup.logo.other")}
          </span>
          <input
            type="file"
            name="logo"
            accept="image/png,image/jpeg,image/webp"
            disabled={call.busy.value}
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
        </label>
        {logo !== null && (
          <button data-action="remove-logo" disabled={call.busy.value} onClick={remove}>
            {tb("lineup.logo.remove")}
          </button>
        )}
      </div>
      <Trouble call={call} />
    </>
  );
}

/** A picture as small as the box takes it, base64. @throws Problem `logo-invalid` when the browser cannot read it */
async function smallPicture(file: File): Promise<string> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Problem("logo-invalid");
  });
  for (let side = LOGO_SIDE; side >= 32; side /= 2) {
    const { width, height } = logoSize(picture.width, picture.height, side);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob !== null && blob.size <= LOGO_BYTES) return base64(new Uint8Array(await blob.arrayBuffer()));
  }
  throw new Problem("logo-invalid");
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
