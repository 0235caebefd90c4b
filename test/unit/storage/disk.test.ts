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
