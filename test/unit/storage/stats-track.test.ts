import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StatsTrack } from '../../../storage/stats-track.ts';

function parse(text: string | null): StatsTrack {
  return new StatsTrack(text === null ? null : Buffer.from(text));
}

describe('StatsTrack', () => {
  // What it reads, how it writes the same: checked against org.apache.zookeeper.StatsTrack of 3.9.5.
  const cases: [string | null, string][] = [
    ['', 'count=-1,bytes=-1'],
    [null, 'count=-1,bytes=-1'],
    ['count=4,bytes=5', 'count=4,bytes=5'],
    ['bytes=5,count=4', 'count=4,bytes=5'],
    ['count=4,bytes=5=;byteHardLimit=6', 'count=4,bytes=5=;byteHardLimit=6'],
    [
      'count=4,bytes=5=;countHardLimit=7;byteHardLimit=6',
      'count=4,bytes=5=;byteHardLimit=6;countHardLimit=7',
    ],
    ['count=4;bytes=5', 'count=4,bytes=5'],
    ['count=4', 'count=4,bytes=-1'],
    ['count==4', 'count=-1,bytes=-1'],
    ['count=+4,bytes=007', 'count=4,bytes=7'],
    ['count=-0,bytes=-12', 'count=0,bytes=-12'],
    ['count=1,bytes=9223372036854775807', 'count=1,bytes=9223372036854775807'],
    ['count=1,count=2,bytes=3', 'count=2,bytes=3'],
    ['zebra=1,count=2', 'count=2,bytes=-1=;zebra=1'],
  ];
  for (const [text, written] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(parse(text).toString(), written));
  }

  it('knows limits and usage', () => {
    const stats = parse('count=4,bytes=5=;byteHardLimit=6;countHardLimit=7');
    assert.deepEqual(
      [stats.count, stats.bytes, stats.byteHardLimit, stats.countHardLimit],
      [4, 5, 6, 7],
    );
    assert.deepEqual([parse('').byteHardLimit, parse('').countHardLimit], [-1, -1]);
  });

  it('changes usage', () => {
    const stats = parse('count=4,bytes=5=;byteHardLimit=6');
    stats.count += 2;
    stats.bytes -= 10;
    assert.equal(stats.toString(), 'count=6,bytes=-5=;byteHardLimit=6');
  });

  for (const text of ['count', 'count=x,bytes=1', ',,count=', '=', 'count=1.5', '\u00ff=\u0000']) {
    it(`lives with ${JSON.stringify(text)}`, () => assert.ok(parse(text).toString()));
  }
});
