import { type Int64, JuteError, JuteReader } from 'jute-ts';
import { int64FromHex } from '../protocol/int64.ts';
import { adler32 } from './adler32.ts';
import { SnapshotError, type SnapshotErrorCode } from './snapshot-error.ts';
import {
  SEAL_BYTES,
  SNAPSHOT_MARK,
  type SnapshotDigest,
  type SnapshotTrailer,
} from './snapshot-format.ts';

/** More than three seals and two sections can take. */
export const MAX_TRAILER_BYTES = 256;
/** The section of the last zxid, with its seal. */
const LAST_ZXID_BYTES: number = 8 + SEAL_BYTES;

/** Where the trailer was found. */
export type TrailerPlace = {
  readonly file: string;
  /** Of its first byte in the snapshot. */
  readonly offset: number;
  /** Of everything before it. */
  readonly checksum: number;
};

/**
 * Reads what follows the nodes of a snapshot file to its end, and checks every seal (see snapshot-format.ts). A file of a
 * server that does not write a section ends before it; a file that ends within one is broken.
 *
 * @throws SnapshotError
 */
export function readTrailer(bytes: Buffer, place: TrailerPlace): SnapshotTrailer {
  const reader = new TrailerReader(bytes, place);
  reader.seal();
  const isDigestNext = reader.remaining > 0 && reader.remaining !== LAST_ZXID_BYTES;
  const digest = isDigestNext ? reader.digest() : null;
  const lastProcessedZxid = reader.remaining > 0 ? reader.lastZxid() : null;
  reader.finish();
  return { digest, lastProcessedZxid };
}

class TrailerReader {
  readonly #reader: JuteReader;
  readonly #place: TrailerPlace;
  /** Of everything before `#summed`. */
  #checksum: number;
  #summed = 0;

  constructor(bytes: Buffer, place: TrailerPlace) {
    this.#reader = new JuteReader().reset(bytes);
    this.#place = place;
    this.#checksum = place.checksum;
  }

  get remaining(): number {
    return this.#reader.remaining;
  }

  seal(): void {
    const at = this.#reader.offset;
    const { buffer } = this.#reader;
    this.#checksum = adler32(buffer, this.#summed, at - this.#summed, this.#checksum);
    this.#summed = at;
    const sealed = this.#read('a seal', (reader) => {
      const checksum = reader.readLong();
      reader.field = 'its mark';
      return { checksum, mark: reader.readBuffer() };
    });
    const { hi, lo } = sealed.checksum;
    if (hi !== 0 || lo !== this.#checksum) {
      const expected = `${hex(hi)}${hex(lo)}`;
      const actual = hex(this.#checksum).padStart(16, '0');
      const problem = `the checksum is ${expected}, that of the bytes before it is ${actual}`;
      throw this.#error('BAD_CHECKSUM', at, problem);
    }
    if (buffer.compare(SNAPSHOT_MARK, 0, SNAPSHOT_MARK.length, at + 8, at + SEAL_BYTES) !== 0) {
      throw this.#error('BAD_STRUCTURE', at + 8, 'the seal does not end with "/"');
    }
  }

  digest(): SnapshotDigest {
    const at = this.#reader.offset;
    const digest = this.#read('the digest', (reader) => {
      const zxid = reader.readLong();
      const version = reader.readInt();
      const value = version < 2 ? fromHex(reader.readString()) : reader.readLong();
      return value === undefined ? null : { zxid, version, value };
    });
    if (digest === null)
      throw this.#error('BAD_STRUCTURE', at, 'the digest is no hexadecimal number');
    this.seal();
    return digest;
  }

  lastZxid(): Int64 {
    const zxid = this.#read('the last zxid', (reader) => reader.readLong());
    this.seal();
    return zxid;
  }

  finish(): void {
    const bytes = this.remaining;
    if (bytes === 0) return;
    throw this.#error('BAD_STRUCTURE', this.#reader.offset, `${bytes} bytes follow the last seal`);
  }

  #read<T>(what: string, read: (reader: JuteReader) => T): T {
    const at = this.#reader.offset;
    this.#reader.field = what;
    try {
      return read(this.#reader);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      const isEnd = error.code === 'UNEXPECTED_END';
      const problem = isEnd
        ? `the snapshot ends within ${what}`
        : `${what} cannot be read (${error.message})`;
      throw this.#error(isEnd ? 'TRUNCATED' : 'BAD_LENGTH', at, problem);
    }
  }

  #error(code: SnapshotErrorCode, at: number, problem: string): SnapshotError {
    return new SnapshotError({
      code,
      file: this.#place.file,
      offset: this.#place.offset + at,
      problem,
    });
  }
}

/** Null was written for no digest. */
function fromHex(text: string | null): Int64 | undefined {
  return text === null ? { hi: 0, lo: 0 } : int64FromHex(text);
}

function hex(int: number): string {
  return (int >>> 0).toString(16).padStart(8, '0');
}
