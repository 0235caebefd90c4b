import assert from 'node:assert/strict';
import { type JuteReader, JuteWriter } from 'jute-ts';

/** The three functions of a record. */
export type Codec<T> = {
  readonly read: (r: JuteReader) => T;
  readonly write: (w: JuteWriter, value: T) => void;
  readonly size: (value: T) => number;
};

/** Reads one record off `reader`, asserts that writing it gives the same bytes, and returns it. */
export type Reproduce<T = unknown> = (reader: JuteReader) => T;

/** A `Reproduce` for a record. */
export function reproduces<T>(
  read: Codec<T>['read'],
  write: Codec<T>['write'],
  size: Codec<T>['size'],
): Reproduce<T> {
  return (reader) => {
    const start = reader.offset;
    const value = read(reader);
    const original = reader.buffer.subarray(start, reader.offset);
    assert.equal(size(value), original.length, 'size says how many bytes were read');
    const writer = new JuteWriter().reset(Buffer.alloc(original.length));
    write(writer, value);
    assert.equal(writer.buffer.toString('hex'), original.toString('hex'));
    return value;
  };
}
