import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Disk, Done, WritableFile } from '../../../storage/ports.ts';

/** A disk under test, with an empty directory on it. */
export type DiskUnderTest = {
  readonly disk: Disk;
  readonly dir: string;
  /** Waits for a promise, doing meanwhile what the disk needs to go on. */
  run<T>(promise: Promise<T>): Promise<T>;
  remove(): Promise<void>;
};

/** What every Disk must do that can be seen without a power cut; the same for the simulated and the real one. */
export function describeDisk(name: string, make: () => Promise<DiskUnderTest>): void {
  describe(name, () => {
    let count = 0;
    const made: DiskUnderTest[] = [];
    after(async () => {
      for (const target of made) await target.remove();
    });

    async function onDisk(body: (target: Target) => Promise<void>): Promise<void> {
      const underTest = await make();
      made.push(underTest);
      const path = `${underTest.dir}/file-${++count}`;
      await body(new Target(underTest, path));
    }

    for (const synchronous of [true, false]) {
      const kind = synchronous ? 'synchronous' : 'plain';

      test(`a ${kind} file holds what was written, where it was written`, () =>
        onDisk(async (target) => {
          const file = await target.create({ synchronous });
          const bytes = Buffer.from('0123456789');
          await target.call((done) => file.write(bytes, 0, 10, 0, done));
          await target.call((done) => file.write(bytes, 3, 4, 20, done));
          await target.call((done) => file.write(bytes, 0, 2, 4, done));
          await target.call((done) => file.close(done));
          equal(await target.content(), '0123016789\0\0\0\0\0\0\0\0\0\x003456');
        }));

      test(`resize of a ${kind} file adds zeros, and does not touch what is there`, () =>
        onDisk(async (target) => {
          const file = await target.create({ synchronous });
          await target.call((done) => file.write(Buffer.from('abc'), 0, 3, 0, done));
          await target.call((done) => file.resize(6, done));
          await target.call((done) => file.write(Buffer.from('d'), 0, 1, 4, done));
          await target.call((done) => file.close(done));
          equal(await target.content(), 'abc\0d\0');
        }));
    }

    test('a completion never comes before the call has returned', () =>
      onDisk(async (target) => {
        const file = await target.create({ synchronous: true });
        const calls: ((done: Done) => void)[] = [
          (done) => file.write(Buffer.from('x'), 0, 1, 0, done),
          (done) => file.resize(5, done),
          (done) => target.disk.syncDirectory(target.dir, done),
          (done) => target.disk.unlockDirectory(target.dir, done),
          (done) =>
            target.disk.createFile(target.path, { synchronous: true }, (error) => done(error)),
          (done) => file.close(done),
        ];
        for (const call of calls) {
          let isReturned = false;
          let isEarly = false;
          const over = target.run(
            new Promise<void>((resolve) => {
              call(() => {
                isEarly = !isReturned;
                resolve();
              });
              isReturned = true;
            }),
          );
          await over;
          ok(!isEarly);
        }
      }));

    test('createFile refuses a name that is taken, and leaves that file alone', () =>
      onDisk(async (target) => {
        const file = await target.create({ synchronous: true });
        await target.call((done) => file.write(Buffer.from('mine'), 0, 4, 0, done));
        await rejects(target.create({ synchronous: true }), { code: 'EEXIST' });
        equal(await target.content(), 'mine');
      }));

    test('createFile refuses a directory that does not exist', () =>
      onDisk(async (target) => {
        const inMissing = new Target(target, `${target.dir}/missing/file`);
        await rejects(inMissing.create({ synchronous: true }), { code: 'ENOENT' });
      }));

    test('a file is read in parts, and a part beyond its end is short', () =>
      onDisk(async (target) => {
        const file = await target.create({ synchronous: true });
        await target.call((done) => file.write(Buffer.from('0123456789'), 0, 10, 0, done));
        const reading = await target.run(target.disk.openForReading(target.path));
        equal(reading.bytes, 10);
        const into = Buffer.from('..........');
        equal(await target.run(reading.read(into, 2, 5, 3)), 5);
        equal(into.toString(), '..34567...');
        equal(await target.run(reading.read(into, 0, 10, 8)), 2);
        equal(into.toString(), '8934567...');
        equal(await target.run(reading.read(into, 0, 10, 10)), 0);
        await target.run(reading.close());
      }));

    test('what does not exist cannot be read, cut, removed or renamed; a directory of that name is null', () =>
      onDisk(async ({ disk, run, path }) => {
        await rejects(run(disk.openForReading(path)), { code: 'ENOENT' });
        await rejects(run(disk.syncFile(path)), { code: 'ENOENT' });
        await rejects(run(disk.truncate(path, 0)), { code: 'ENOENT' });
        await rejects(run(disk.remove(path)), { code: 'ENOENT' });
        await rejects(run(disk.rename(path, `${path}-new`)), { code: 'ENOENT' });
        equal(await run(disk.listDirectory(path)), null);
      }));

    test('a directory can be locked once until it is unlocked', () =>
      onDisk(async (target) => {
        const { disk, dir, run } = target;
        await target.call((done) => disk.unlockDirectory(dir, done));
        await run(disk.makeDirectory(`${dir}/other`));
        await run(disk.lockDirectory(dir));
        await run(disk.lockDirectory(`${dir}/other`));
        await rejects(run(disk.lockDirectory(dir)), { code: 'EBUSY', message: /in use by/ });
        await target.call((done) => disk.unlockDirectory(dir, done));
        await run(disk.lockDirectory(dir));
        await target.call((done) => disk.unlockDirectory(dir, done));
        await target.call((done) => disk.unlockDirectory(`${dir}/other`, done));
        await rejects(run(disk.lockDirectory(`${dir}/missing`)), { code: 'ENOENT' });
      }));

    test('syncFile leaves the content as it is', () =>
      onDisk(async (target) => {
        const file = await target.create({ synchronous: false });
        await target.call((done) => file.write(Buffer.from('0123'), 0, 4, 2, done));
        await target.run(target.disk.syncFile(target.path));
        equal(await target.content(), '\0\x000123');
      }));

    test('truncate cuts a file', () =>
      onDisk(async (target) => {
        const file = await target.create({ synchronous: true });
        await target.call((done) => file.write(Buffer.from('0123456789'), 0, 10, 0, done));
        await target.run(target.disk.truncate(target.path, 4));
        equal(await target.content(), '0123');
      }));

    test('a directory lists its files and directories, and what was removed or renamed no more', () =>
      onDisk(async (target) => {
        const { disk, dir, run } = target;
        await run(disk.makeDirectory(`${dir}/a/b`));
        await run(disk.makeDirectory(`${dir}/a/b`));
        for (const name of ['one', 'two', 'three']) {
          await new Target(target, `${dir}/a/${name}`).create({ synchronous: false });
        }
        await run(disk.remove(`${dir}/a/one`));
        await run(disk.rename(`${dir}/a/two`, `${dir}/a/three`));
        const entries = await run(disk.listDirectory(`${dir}/a`));
        const listed = (entries ?? []).map(({ name: entry, kind }) => `${entry} ${kind}`).sort();
        deepEqual(listed, ['b directory', 'three file']);
        deepEqual(await run(disk.listDirectory(`${dir}/a/b`)), []);
      }));
  });
}

class Target implements DiskUnderTest {
  readonly disk: Disk;
  readonly dir: string;
  readonly path: string;
  readonly run: DiskUnderTest['run'];
  readonly remove: DiskUnderTest['remove'];

  constructor(underTest: DiskUnderTest, path: string) {
    this.disk = underTest.disk;
    this.dir = underTest.dir;
    this.path = path;
    this.run = (promise) => underTest.run(promise);
    this.remove = () => underTest.remove();
  }

  create(options: { readonly synchronous: boolean }): Promise<WritableFile> {
    return this.run(
      new Promise((resolve, reject) => {
        this.disk.createFile(this.path, options, (error, file) => {
          if (file === null) reject(error);
          else resolve(file);
        });
      }),
    );
  }

  call(operation: (done: Done) => void): Promise<void> {
    return this.run(
      new Promise((resolve, reject) => {
        operation((error) => (error === null ? resolve() : reject(error)));
      }),
    );
  }

  async content(): Promise<string> {
    const file = await this.run(this.disk.openForReading(this.path));
    const bytes = Buffer.alloc(file.bytes);
    await this.run(file.read(bytes, 0, file.bytes, 0));
    await this.run(file.close());
    return bytes.toString('latin1');
  }
}
