import type { AccessPage } from "../../state.ts";
import { AddDevice } from "./add-device.tsx";
import { DevicePage } from "./device.tsx";
import { DevicesPage } from "./devices.tsx";
import { ElsewherePage } from "./elsewhere.tsx";
import { LimitsPage } from "./limits.tsx";
import { LogPage } from "./log.tsx";
import { PinPage } from "./pin.tsx";
import { RecoveryCodesPage } from "./recovery-codes.tsx";
import { UnlockPage } from "./unlock.tsx";

export { Banner } from "./banner.tsx";

/** The pages of the sheet about who may watch. */
export function Page({ page }: { page: AccessPage }) {
  switch (page.name) {
    case "devices":
      return <DevicesPage />;
    case "device":
      return <DevicePage id={page.client} />;
    case "limits":
      return <LimitsPage id={page.client} />;
    case "add":
      return <AddDevice waiting={page.waiting} code={page.code ?? null} />;
    case "codes":
      return <RecoveryCodesPage />;
    case "pin":
      return <PinPage />;
    case "log":
      return <LogPage />;
    case "elsewhere":
      return <ElsewherePage />;
    case "unlock":
      return <UnlockPage />;
  }
}
