import { int64ToHex } from '../../protocol/int64.ts';
import type { WatchStatus } from './server-status.ts';

/** `wchs`: how many watches there are. */
export function wchsWord(watches: WatchStatus): string {
  return (
    `${watches.connectionCount} connections watching ${watches.pathCount} paths\n` +
    `Total watches:${watches.totalCount}\n`
  );
}

/** `wchc`: the watched paths of each session. As long as there are watches. */
export function wchcWord(watches: WatchStatus): string {
  const lines: string[] = [];
  for (const { session, paths } of watches.bySession) {
    lines.push(`0x${int64ToHex(session)}\n`);
    for (const path of paths) lines.push(`\t${path}\n`);
  }
  return `${lines.join('')}\n`;
}

/** `wchp`: the watching sessions of each path. As long as there are watches. */
export function wchpWord(watches: WatchStatus): string {
  const lines: string[] = [];
  for (const { path, sessions } of watches.byPath) {
    lines.push(`${path}\n`);
    for (const session of sessions) lines.push(`\t0x${int64ToHex(session)}\n`);
  }
  return `${lines.join('')}\n`;
}
