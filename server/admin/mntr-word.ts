import { int64ToHex } from '../../protocol/int64.ts';
import { int64ToDecimal, javaDouble } from './java-format.ts';
import type { ServingStatus } from './server-status.ts';

/** `mntr`: one line per value, for monitoring. Its readers do not rely on the order of the lines. */
export function mntrWord(status: ServingStatus): string {
  const lines = [`zk_version\t${status.version}\n`, `zk_server_state\t${status.mode}\n`];
  status.metrics.dump((name, value, kind) => {
    lines.push(`zk_${name}\t${kind === 'double' ? javaDouble(value) : value}\n`);
  });
  return lines.join('');
}

/** `hash`: the tree's digest at zxids divisible by 128, so that two servers can be compared. */
export function hashWord(status: ServingStatus): string {
  const lines: string[] = [];
  for (const { zxid, digest } of status.digests) {
    lines.push(`${int64ToHex(zxid)}: ${int64ToDecimal(digest)}\n`);
  }
  return lines.join('');
}
