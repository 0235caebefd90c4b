import type { Findings } from './config-error.ts';
import type { ValueType } from './key.ts';
import type { Setting } from './settings.ts';

/** A value after conversion; null where a key without a default was given an empty value. */
export type Value = boolean | number | string | null;

/**
 * Converts what was written; undefined if it is wrong, which is noted in `findings`.
 *
 * deviates: Apache ZooKeeper is strict with the keys that its parser knows; of others it takes any word but
 * `true` for false, and a number that it cannot read for the default.
 */
export function readValue(setting: Setting, findings: Findings): Value | undefined {
  const { key, name, text } = setting;
  const value = converted(key.type, text);
  if (value === undefined) {
    const shown = key.secret === true ? name : `${name}=${text}`;
    const remedy = `write ${expectation(key.type)} (${key.meaning})`;
    findings.error('BAD_VALUE', setting, name, `${shown} is not accepted; ${remedy}`);
    return undefined;
  }
  const floor = key.type.kind === 'integer' ? key.type.floor : null;
  if (floor === null || typeof value !== 'number' || value >= floor) return value;
  findings.warn('RAISED', setting, name, `${name}=${text} is too small; ${floor} is used`);
  return floor;
}

function converted(type: ValueType, text: string): Value | undefined {
  switch (type.kind) {
    case 'boolean':
      return word(text, ['true', 'false'])?.startsWith('true');
    case 'yesNo':
      return word(text, ['yes', 'no'])?.startsWith('yes');
    case 'choice':
      return word(text, type.values);
    case 'integer':
      return within(wholeNumber(text), type.min, type.max);
    case 'decimal':
      return within(
        /^[+-]?\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined,
        type.min,
        type.max,
      );
    case 'text':
      return text;
  }
}

/** The one of `words` that `text` is, in any case. */
function word(text: string, words: readonly string[]): string | undefined {
  return words.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
}

/**
 * Decimal, or hexadecimal with `0x` as Java's `Integer.getInteger` reads. A leading zero is not accepted: it
 * makes a number octal for some keys of Apache ZooKeeper and not for others.
 */
function wholeNumber(text: string): number | undefined {
  if (/^[+-]?(0|[1-9]\d*)$/.test(text)) return Number(text);
  const hexadecimal = /^([+-]?)0x([0-9a-f]+)$/i.exec(text);
  if (hexadecimal === null) return undefined;
  const size = Number.parseInt(hexadecimal[2]!, 16);
  return hexadecimal[1] === '-' ? -size : size;
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value + 0 : undefined;
}

function expectation(type: ValueType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false';
    case 'yesNo':
      return 'yes or no';
    case 'choice':
      return `one of ${type.values.join(', ')}`;
    case 'integer':
      return type.min === type.max ? `${type.min}` : `a whole number${range(type.min, type.max)}`;
    case 'decimal':
      return `a number${range(type.min, type.max)}`;
    case 'text':
      return 'a text';
  }
}

/** Bounds that are those of the type itself say nothing to an operator. */
function range(min: number, max: number): string {
  const from = min > -0x8000_0000 ? ` from ${min}` : '';
  return max < 0x7fff_ffff ? `${from} to ${max}` : from;
}
