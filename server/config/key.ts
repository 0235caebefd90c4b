/** A key of zoo.cfg, or of a `-D` property, and what is known about it. */
export type ConfigKey = {
  /** As it is written in zoo.cfg; of a family (`server.N`) with a placeholder. */
  readonly name: string;
  /** Which names belong to a family; absent for a single key. */
  readonly family?: RegExp;
  readonly type: ValueType;
  /** One line for operators. */
  readonly meaning: string;
  readonly status: KeyStatus;
  /** Documented names that Apache ZooKeeper ignores because its code reads another one. They work here. */
  readonly aliases?: readonly string[];
  /** Apache ZooKeeper reads it from `-D` only and ignores it in zoo.cfg. It works here. */
  readonly jvmOnly?: true;
  /** Never shown in a message. */
  readonly secret?: true;
};

/** What a value may be, and what it is when the key is not given (null: nothing). */
export type ValueType =
  | { readonly kind: 'boolean'; readonly default: boolean }
  | { readonly kind: 'yesNo'; readonly default: boolean }
  | {
      readonly kind: 'integer';
      readonly default: number | null;
      readonly min: number;
      readonly max: number;
      /** Smaller values are raised to this with a warning, as Apache ZooKeeper does. */
      readonly floor: number | null;
    }
  | {
      readonly kind: 'decimal';
      readonly default: number;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'choice'; readonly default: string | null; readonly values: readonly string[] }
  | { readonly kind: 'text'; readonly default: string | null };

/** What becomes of a setting. */
export type KeyStatus =
  | { readonly kind: 'used' }
  /** Accepted without a check of its value, because there is nothing in Node that it could mean. */
  | { readonly kind: 'notApplicable' }
  /** Known and checked; `feature` is not in this release. */
  | {
      readonly kind: 'later';
      readonly feature: string;
      /** Why a value other than the default stops the start; null where it only has no effect. */
      readonly refused: string | null;
    };

const INT_MAX = 0x7fff_ffff;

/** `true` or `false`, in any case. */
export function boolean(defaultValue: boolean): ValueType {
  return { kind: 'boolean', default: defaultValue };
}

/** `yes` or `no`: the keys that Apache ZooKeeper compares with one of these words. */
export function yesNo(defaultValue: boolean): ValueType {
  return { kind: 'yesNo', default: defaultValue };
}

/** A whole number of 32 bits, decimal or with `0x`; narrower or wider as `limits` say. */
export function integer(
  defaultValue: number | null,
  limits: { readonly min?: number; readonly max?: number; readonly floor?: number } = {},
): ValueType {
  const { min = -INT_MAX - 1, max = INT_MAX, floor = null } = limits;
  return { kind: 'integer', default: defaultValue, min, max, floor };
}

/** A TCP port; 0 lets the operating system choose. */
export function port(defaultValue: number | null): ValueType {
  return integer(defaultValue, { min: 0, max: 65_535 });
}

/** A number with a decimal point. */
export function decimal(defaultValue: number, min: number, max: number): ValueType {
  return { kind: 'decimal', default: defaultValue, min, max };
}

/** One of some words, in any case. */
export function choice(defaultValue: string | null, values: readonly string[]): ValueType {
  return { kind: 'choice', default: defaultValue, values };
}

export function text(defaultValue: string | null = null): ValueType {
  return { kind: 'text', default: defaultValue };
}

type Extras = Pick<ConfigKey, 'aliases' | 'jvmOnly' | 'secret' | 'family'>;

/** A key that this release acts on. */
export function used(
  name: string,
  type: ValueType,
  meaning: string,
  extras: Extras = {},
): ConfigKey {
  return { name, type, meaning, status: { kind: 'used' }, ...extras };
}

/** A key of Java, of its libraries or of threads that Okapi does not have. */
export function notApplicable(name: string, meaning: string, extras: Extras = {}): ConfigKey {
  return { name, type: text(), meaning, status: { kind: 'notApplicable' }, ...extras };
}

/** Makes the rows of a feature that is not in this release. */
export function later(
  feature: string,
): (name: string, type: ValueType, meaning: string, extras?: Extras) => ConfigKey {
  return (name, type, meaning, extras = {}) => ({
    name,
    type,
    meaning,
    status: { kind: 'later', feature, refused: null },
    ...extras,
  });
}

/** The same key, but a value other than the default stops the start, because `why`. */
export function refused(key: ConfigKey, why: string): ConfigKey {
  const { status } = key;
  return status.kind === 'later' ? { ...key, status: { ...status, refused: why } } : key;
}
