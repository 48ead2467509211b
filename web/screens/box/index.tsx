import type { BoxPage } from "../../state.ts";
import { LineUpPage } from "./line-up.tsx";
import { OnlinePage } from "./online.tsx";
import { ScanPage } from "./scan.tsx";
import { StoragePage } from "./storage.tsx";
import { SystemPage } from "./system.tsx";
import { TunersPage } from "./tuners.tsx";
import { WatchedPage } from "./watched.tsx";

/** Pages of the sheet about the box itself; for owners. */
export function Page({ page }: { page: BoxPage }) {
  switch (page.name) {
    case "tuners":
      return <TunersPage />;
    case "scan":
      return <ScanPage />;
    case "line-up":
      return <LineUpPage />;
    case "online":
      return <OnlinePage />;
    case "storage":
      return <StoragePage />;
    case "watched":
      return <WatchedPage />;
    case "system":
      return <SystemPage />;
  }
}
