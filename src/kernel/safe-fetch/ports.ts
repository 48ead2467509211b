/**
 * Ports of services that are no web servers and that a line of HTTP could do something to. @see Fetch §2.9 "port blocking"; databases,
 * queues and remote desktops beside.
 */
const OTHER_SERVICES = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513,
  514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 631, 636, 873, 989, 990, 993, 995, 1433,
  1521, 1719, 1720, 1723, 1883, 2049, 2375, 2376, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900,
  6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080, 11_211, 27_017,
]);

/** Whether HTTP may be spoken at a port of a machine at home. */
export function isHomePort(port: number): boolean {
  return port > 0 && port <= 65_535 && !OTHER_SERVICES.has(port);
}

/** The same of a machine in the internet: 80, 443, and what needs no rights to listen at. */
export function isPublicPort(port: number): boolean {
  return (port === 80 || port === 443 || port > 1024) && isHomePort(port);
}
