import type { ConfigKey } from './key.ts';
import { CORE_KEYS } from './keys-core.ts';
import { LIMIT_KEYS } from './keys-limits.ts';
import { OPERATION_KEYS } from './keys-operations.ts';
import { QUORUM_KEYS } from './keys-quorum.ts';
import { SECURITY_KEYS } from './keys-security.ts';

/**
 * Every key that Apache ZooKeeper 3.9 reads from zoo.cfg or from `-D`, whether this release acts on it or not.
 *
 * Apache ZooKeeper makes each key that its parser does not know a Java property `zookeeper.<key>`; which
 * of the two a key is makes no difference here.
 */
export const KEYS: readonly ConfigKey[] = [
  ...CORE_KEYS,
  ...QUORUM_KEYS,
  ...LIMIT_KEYS,
  ...SECURITY_KEYS,
  ...OPERATION_KEYS,
];

const BY_NAME: ReadonlyMap<string, ConfigKey> = new Map(
  KEYS.filter((key) => key.family === undefined).flatMap((key) =>
    [key.name, ...(key.aliases ?? [])].map((name) => [name, key] as const),
  ),
);
const FAMILIES: readonly ConfigKey[] = KEYS.filter((key) => key.family !== undefined);

/** The key of that name, alias or family; undefined for an unknown one. */
export function findKey(name: string): ConfigKey | undefined {
  return BY_NAME.get(name) ?? FAMILIES.find((key) => key.family!.test(name));
}

/** Every name that an operator can have meant: keys and their aliases, but no families. */
export const KEY_NAMES: readonly string[] = [...BY_NAME.keys()];
