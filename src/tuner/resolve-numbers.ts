import type { Service } from "./ports.ts";

/**
 * Exchanges the numbers of HD simulcasts and their counterparts in standard definition: the HD service that is received takes the
 * number that people know, and the SD service gets the one that the network gave to the HD service. Within one network.
 * @see IEC 62216 §8.5.3 (HD_simulcast_logical_channel_descriptor)
 * @returns the services with the numbers that count, in the order given
 */
export function resolveNumbers(services: readonly Service[]): readonly Service[] {
  /** Number of a network to the service that takes it over. */
  const takers = new Map<string, Service>();
  for (const service of services) {
    const { simulcastLcn } = service;
    if (simulcastLcn === undefined || !service.onAir) continue;
    const number = numberOf(service, simulcastLcn);
    if (!takers.has(number)) takers.set(number, service);
  }
  if (takers.size === 0) return services;
  return services.map((service) => {
    const { lcn, simulcastLcn } = service;
    if (simulcastLcn !== undefined && takers.get(numberOf(service, simulcastLcn)) === service)
      return { ...service, lcn: simulcastLcn };
    const taker = lcn === null ? undefined : takers.get(numberOf(service, lcn));
    if (taker === undefined) return service;
    return { ...service, lcn: taker.lcn === lcn ? null : taker.lcn };
  });
}

const numberOf = ({ key }: Service, lcn: number): string => `${key.originalNetworkId} ${lcn}`;
