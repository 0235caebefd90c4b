import { deepEqual } from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FileDisk, type SyncMethod } from '../../../storage/io/file-disk.ts';
import { Random } from '../../differential/random.ts';
import { SimDisk } from '../../sim/disk.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { type DiskUnderTest, describeDisk } from './disk-conformance.ts';

async function simDisk(): Promise<DiskUnderTest> {
  const disk = new SimDisk({ random: new Random(1) });
  await disk.run(disk.makeDirectory('/data'));
  return { disk, dir: '/data', run: (promise) => disk.run(promise), remove: async () => {} };
}

async function fileDisk(syncMethod: SyncMethod): Promise<DiskUnderTest> {
  const temp = await makeTempDir('disk');
  const disk = new FileDisk({ syncMethod });
  return { disk, dir: temp.path, run: (promise) => promise, remove: () => temp.remove() };
}

describeDisk('the simulated disk', simDisk);
describeDisk('files, synced by O_DSYNC', () => fileDisk('o_dsync'));
describeDisk('files, synced by fdatasync', () => fileDisk('fdatasync'));

test('a link in a directory counts as what it leads to', async (t) => {
  const temp = await makeTempDir('disk');
  t.after(() => temp.remove());
  const at = (name: string): string => path.join(temp.path, name);
  await mkdir(at('elsewhere'));
  await writeFile(at('elsewhere/log.1'), '');
  await symlink(at('elsewhere/log.1'), at('log.1'));
  await symlink(at('elsewhere'), at('linked'));
  await symlink(at('missing'), at('dangling'));
  const entries = await new FileDisk().listDirectory(temp.path);
  const listed = (entries ?? []).map(({ name, kind }) => `${name} ${kind}`).sort();
  deepEqual(listed, ['dangling other', 'elsewhere directory', 'linked directory', 'log.1 file']);
});
