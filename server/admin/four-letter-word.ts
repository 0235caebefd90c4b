import { confWord, dirsWord } from './conf-word.ts';
import { dumpWord } from './dump-word.ts';
import { int64ToDecimal } from './java-format.ts';
import { hashWord, mntrWord } from './mntr-word.ts';
import type { ServerStatus, ServingStatus } from './server-status.ts';
import { consWord, srvrWord, statWord } from './stat-word.ts';
import { wchcWord, wchpWord, wchsWord } from './watch-word.ts';

/** Every command that Apache ZooKeeper 3.9 knows. */
export const FOUR_LETTER_WORDS = [
  'ruok',
  'srvr',
  'stat',
  'mntr',
  'conf',
  'isro',
  'cons',
  'wchs',
  'dirs',
  'envi',
  'crst',
  'srst',
  'dump',
  'wchc',
  'wchp',
  'hash',
  'gtmk',
  'stmk',
] as const;

export type FourLetterWord = (typeof FOUR_LETTER_WORDS)[number];

/**
 * What answers the bytes with which a telnet client interrupts (IAC IP IAC DO): Apache ZooKeeper knows
 * them as a command of this name, so that they do not look like a frame of negative length.
 */
export const TELNET_CLOSE = 'telnet close';

export const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/** The names by the first four bytes of a connection, read as a signed big-endian integer. */
const BY_CODE: ReadonlyMap<number, FourLetterWord | typeof TELNET_CLOSE> = new Map<
  number,
  FourLetterWord | typeof TELNET_CLOSE
>([
  ...FOUR_LETTER_WORDS.map((word) => [codeOf(word), word] as const),
  [0xfff4_fffd | 0, TELNET_CLOSE],
]);

/** The command that the first four bytes of a connection are; undefined if they are a frame's length. */
export function fourLetterWordOfCode(
  code: number,
): FourLetterWord | typeof TELNET_CLOSE | undefined {
  return BY_CODE.get(code);
}

/** What a command that is not in `4lw.commands.whitelist` is answered. */
export function notWhitelisted(name: string): string {
  return `${name} is not executed because it is not in the whitelist.\n`;
}

/**
 * The whole answer to a four-letter word, after which the server closes the connection.
 *
 * It only reads `status`. What `srst` and `crst` reset and `stmk` sets (its mask follows in eight more
 * bytes) is done by the caller before.
 */
export function fourLetterWord(name: FourLetterWord, status: ServerStatus): string {
  if (name === 'ruok') return 'imok';
  if (name === 'envi') return enviWord(status);
  if (name === 'gtmk' || name === 'stmk') return int64ToDecimal(status.traceMask);
  if (status.serving) return servingWord(name, status);
  if (name === 'isro') return 'null';
  return name === 'hash' ? NOT_SERVING : `${NOT_SERVING}\n`;
}

type ServingWord = Exclude<FourLetterWord, 'ruok' | 'envi' | 'gtmk' | 'stmk'>;

function servingWord(name: ServingWord, status: ServingStatus): string {
  switch (name) {
    case 'srvr':
      return srvrWord(status);
    case 'stat':
      return statWord(status);
    case 'mntr':
      return mntrWord(status);
    case 'conf':
      return confWord(status.conf);
    case 'isro':
      return status.mode === 'read-only' ? 'ro' : 'rw';
    case 'cons':
      return consWord(status);
    case 'wchs':
      return wchsWord(status.watches);
    case 'wchc':
      return wchcWord(status.watches);
    case 'wchp':
      return wchpWord(status.watches);
    case 'dirs':
      return dirsWord(status.conf);
    case 'crst':
      return 'Connection stats reset.\n';
    case 'srst':
      return 'Server stats reset.\n';
    case 'dump':
      return dumpWord(status);
    case 'hash':
      return hashWord(status);
  }
}

function enviWord(status: ServerStatus): string {
  const lines = status.environment.map(([name, value]) => `${name}=${value}\n`);
  return `Environment:\n${lines.join('')}`;
}

function codeOf(word: string): number {
  return [...word].reduce((code, letter) => (code << 8) | letter.charCodeAt(0), 0);
}
