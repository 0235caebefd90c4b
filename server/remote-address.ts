/**
 * A peer's address as Java shows it (`InetAddress.getHostAddress`), since it is what clients see of
 * themselves in `whoAmI`, and operators in `cons`.
 *
 * An IPv4 client of a socket for both families comes as `::ffff:1.2.3.4` and is `1.2.3.4`; IPv6 is written
 * in eight groups without zeros in front, and without a zone.
 */
export function toHostAddress(address: string): string {
  const [bare = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!bare.includes(':')) return bare;
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
