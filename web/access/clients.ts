import { signal } from "@preact/signals";
import type { ChangedClient, Client, Clients, RemovedClients } from "../../src/protocol/api.ts";
import { connection } from "../here.ts";
import { inOrder } from "./client-order.ts";

/** The box's clients as an owner last saw them; null: not asked yet. */
export const clients = signal<readonly Client[] | null>(null);

/** @throws Problem */
export async function loadClients(): Promise<void> {
  clients.value = inOrder((await connection.call<Clients>("GET", "/api/v1/clients")).clients);
}

/** @throws Problem, `last-owner` and `limits-invalid` among them */
export async function changeClient(
  id: string,
  change: Partial<Pick<Client, "name" | "role" | "limits">> & { endsAt?: string },
): Promise<void> {
  const changed = await connection.call<ChangedClient>("PATCH", `/api/v1/clients/${encodeURIComponent(id)}`, {
    body: change,
  });
  if (changed.changed.length > 0) return loadClients();
  clients.value = inOrder((clients.value ?? []).map((client) => (client.id === id ? changed : client)));
}

/** @param alone whether what it handed its place to stays. @throws Problem */
export async function removeClient(id: string, alone: boolean): Promise<void> {
  const path = `/api/v1/clients/${encodeURIComponent(id)}${alone ? "?alone=true" : ""}`;
  const { removed } = await connection.call<RemovedClients>("DELETE", path);
  const gone = new Set(removed.map((one) => one.id));
  clients.value = (clients.value ?? []).filter((client) => !gone.has(client.id));
}
