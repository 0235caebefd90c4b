import assert from 'node:assert';
import type { Findings, Place } from './config-error.ts';
import type { ConfigKey } from './key.ts';
import { findKey, KEY_NAMES } from './keys.ts';
import { nearestName } from './nearest-name.ts';
import type { Property } from './properties.ts';
import { readValue, type Value } from './read-value.ts';

/** One accepted setting: which key, with what text, from where. */
export type Setting = Place & {
  readonly key: ConfigKey;
  /** As the operator wrote it, without `zookeeper.`: the key, an alias, a member of a family. */
  readonly name: string;
  readonly text: string;
  /** What Apache ZooKeeper does instead of reading this; null where it reads it, too. */
  readonly ignoredByApache: string | null;
};

/** Where the settings come from. */
export type SettingSources = {
  /** Name of the file for messages; null if the properties are arguments. */
  readonly file: string | null;
  readonly properties: readonly Property[];
  /** `-D` properties, with or without `zookeeper.` before the key. */
  readonly systemProperties: ReadonlyMap<string, string>;
};

/**
 * What was set, by key; values are converted on demand, so that the kind of a key is said in one place.
 *
 * Of several settings of a key the one counts that Apache ZooKeeper would use: a file before `-D` (it reads
 * the file after the properties and overwrites them), the later line before the earlier, and all of them
 * before one that it ignores. Whatever loses is named in a warning.
 */
export class Settings {
  /** Keys that were set and mean nothing in Node, as they were written. */
  readonly notApplicable: readonly string[];
  readonly #findings: Findings;
  readonly #byName: Map<string, Setting> = new Map();
  readonly #values: Map<Setting, Value | undefined> = new Map();

  constructor(sources: SettingSources, findings: Findings) {
    this.#findings = findings;
    const { file, properties, systemProperties } = sources;
    for (const [name, text] of systemProperties) {
      this.#add({ source: `-D${name}`, line: null }, name, text);
    }
    for (const { key: name, value, line } of properties) {
      this.#add({ source: file, line }, name, value);
    }
    const all = [...this.#byName.values()];
    this.notApplicable = all
      .filter(({ key }) => key.status.kind === 'notApplicable')
      .map(({ name }) => name);
    for (const setting of all) this.#check(setting);
  }

  /** Where the key was set; undefined if it was not. */
  get(name: string): Setting | undefined {
    return this.#byName.get(name);
  }

  /** The settings of a family (`server.N`) in the order in which they were made. */
  family(name: string): readonly Setting[] {
    return [...this.#byName.values()].filter(({ key }) => key.name === name);
  }

  boolean(name: string): boolean {
    const value = this.#value(name);
    assert(typeof value === 'boolean', `${name} is a boolean key`);
    return value;
  }

  /** Of a key that has a default. */
  number(name: string): number {
    const value = this.#value(name);
    assert(typeof value === 'number', `${name} is a number with a default`);
    return value;
  }

  /** Null for 0 and less, which switch a limit off. */
  limit(name: string): number | null {
    const value = this.number(name);
    return value > 0 ? value : null;
  }

  /** Null where the key has no default and was not given, or its value is wrong. */
  numberOrNull(name: string): number | null {
    const value = this.#value(name);
    assert(value === null || typeof value === 'number', `${name} is a number`);
    return value;
  }

  /** Null where the key has no default and was not given, or its value is wrong or empty. */
  text(name: string): string | null {
    const value = this.#value(name);
    assert(value === null || typeof value === 'string', `${name} is a text`);
    return value === '' ? null : value;
  }

  #value(name: string): Value {
    const setting = this.#byName.get(name);
    if (setting !== undefined) return this.#read(setting) ?? setting.key.type.default;
    const key = findKey(name);
    assert(key !== undefined, `${name} is in the table of keys`);
    return key.type.default;
  }

  /** Converts a setting once, so that what is wrong with it is noted once. */
  #read(setting: Setting): Value | undefined {
    if (!this.#values.has(setting)) {
      this.#values.set(setting, readValue(setting, this.#findings));
    }
    return this.#values.get(setting);
  }

  #add(place: Place, written: string, text: string): void {
    const name = written.replace(/^zookeeper\./, '');
    const key = findKey(name);
    if (key === undefined) {
      this.#warnUnknown(place, written);
      return;
    }
    const inFile = place.line !== null;
    const ignoredByApache = whyApacheIgnores(key, name, inFile, inFile && written !== name);
    const setting: Setting = { ...place, key, name, text, ignoredByApache };
    if (ignoredByApache !== null && key.status.kind !== 'notApplicable') {
      const rest = `but Apache ZooKeeper ${ignoredByApache} and ignores this`;
      this.#findings.warn('IGNORED_BY_APACHE', place, written, `${written} works here, ${rest}`);
    }
    const slot = key.family === undefined ? key.name : name;
    const earlier = this.#byName.get(slot);
    const wins = earlier === undefined || rank(setting) >= rank(earlier);
    if (earlier !== undefined) {
      this.#warnTwice(wins ? setting : earlier, wins ? earlier : setting);
    }
    if (wins) this.#byName.set(slot, setting);
  }

  #warnUnknown(place: Place, written: string): void {
    const meant = nearestName(written.replace(/^zookeeper\./, ''), KEY_NAMES);
    const hint = meant === undefined ? 'it has no effect' : `did you mean ${meant}?`;
    this.#findings.warn('UNKNOWN_KEY', place, written, `${written} is not a known key; ${hint}`);
  }

  #warnTwice(winner: Setting, loser: Setting): void {
    if (winner.text === loser.text) return;
    const code = winner.source === loser.source ? 'DUPLICATE_KEY' : 'OVERRIDDEN_PROPERTY';
    const where = loser.line === null ? loser.source : `${loser.name} in line ${loser.line}`;
    const text = `${winner.name} wins over ${where}, as in Apache ZooKeeper; remove one of them`;
    this.#findings.warn(code, winner, winner.name, text);
  }

  /** Converts even what nobody reads or has no effect yet, so that a wrong value is not found years later. */
  #check(setting: Setting): void {
    const { key, name, text } = setting;
    if (key.status.kind === 'notApplicable') return;
    const value = this.#read(setting);
    if (key.status.kind === 'used' || value === undefined || value === key.type.default) return;
    const { feature, refused } = key.status;
    const assignment = key.secret === true ? name : `${name}=${text}`;
    const absent = `${feature} ${feature.endsWith('s') ? 'are' : 'is'} not in this release`;
    if (refused !== null) {
      const message = `${assignment}: ${absent}, and ${refused}; remove it`;
      this.#findings.error('NOT_IN_THIS_RELEASE', setting, name, message);
    } else {
      const message = `${assignment} has no effect: ${absent}`;
      this.#findings.warn('NOT_IN_THIS_RELEASE', setting, name, message);
    }
  }
}

function whyApacheIgnores(
  key: ConfigKey,
  name: string,
  inFile: boolean,
  isPrefixedInFile: boolean,
): string | null {
  if (key.aliases?.includes(name) === true || isPrefixedInFile) return `reads ${key.name}`;
  return inFile && key.jvmOnly === true ? `reads it from -D${key.name} only` : null;
}

/** Which of two settings counts; of equals the later one. */
function rank(setting: Setting): number {
  const effective = setting.ignoredByApache === null ? 2 : 0;
  return effective + (setting.line === null ? 0 : 1);
}
