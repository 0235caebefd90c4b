/** The runtime that generated records import. The compiler is `jute-ts/compiler`. */
export { JuteError, type JuteErrorCode } from './runtime/error.ts';
export type { Int64 } from './runtime/int64.ts';
export { JuteReader, type JuteReaderOptions } from './runtime/reader.ts';
export { stringBytes } from './runtime/string-codec.ts';
export { type GrowBuffer, JuteWriter, type JuteWriterOptions } from './runtime/writer.ts';
