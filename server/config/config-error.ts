/** Why a configuration is refused. */
export type ConfigErrorCode =
  | 'SYNTAX'
  | 'MISSING_KEY'
  | 'BAD_VALUE'
  | 'CONFLICT'
  | 'NOT_IN_THIS_RELEASE';

/** What an operator should know about a configuration that is accepted. */
export type ConfigWarningCode =
  | 'UNKNOWN_KEY'
  | 'DUPLICATE_KEY'
  | 'OVERRIDDEN_PROPERTY'
  | 'IGNORED_BY_APACHE'
  | 'RAISED'
  | 'UNSAFE'
  | 'NOT_IN_THIS_RELEASE';

/** Where a setting was made. */
export type Place = {
  /** The file, or `-D<property>`, or null for the arguments of the command. */
  readonly source: string | null;
  /** Counted from 1; null where the whole source is meant or there are no lines. */
  readonly line: number | null;
};

type About<Code> = Place & {
  readonly code: Code;
  /** The key as the documentation spells it. */
  readonly key: string;
  /** Place, key, what is wrong, and the remedy; one line. */
  readonly message: string;
};

export type ConfigProblem = About<ConfigErrorCode>;
export type ConfigWarning = About<ConfigWarningCode>;

/** A configuration that cannot be used; `message` has one line for each thing to put right. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.problems = problems;
  }
}

/** Collects what is found, so that an operator sees all of it at once. */
export class Findings {
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigWarning[] = [];

  error(code: ConfigErrorCode, place: Place, key: string, text: string): void {
    this.#problems.push({ code, key, ...place, message: withPlace(place, text) });
  }

  warn(code: ConfigWarningCode, place: Place, key: string, text: string): void {
    this.#warnings.push({ code, key, ...place, message: withPlace(place, text) });
  }

  /** In the order of the lines; what has no line comes last. */
  get warnings(): readonly ConfigWarning[] {
    return inOrder(this.#warnings);
  }

  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(inOrder(this.#problems));
  }
}

function inOrder<T extends Place>(found: readonly T[]): readonly T[] {
  return found.toSorted((a, b) => (a.line ?? Number.MAX_VALUE) - (b.line ?? Number.MAX_VALUE));
}

function withPlace({ source, line }: Place, text: string): string {
  if (source === null) return text;
  return line === null ? `${source}: ${text}` : `${source}:${line}: ${text}`;
}
