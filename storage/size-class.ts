/** Blocks start at multiples of this, and are multiples of it long. */
export const UNIT_BYTES = 16;
/** The largest block that shares a slab: 128 KiB, an eighth of a slab. */
export const LARGEST_CLASS_UNITS = 8192;
/** Up to here every number of units is a class; above, each doubling has eight. */
const LINEAR_UNITS = 16;

/** The units of a block, by size class. */
export const BLOCK_UNITS: Int32Array = buildBlockUnits();

/** The class of the smallest blocks that hold `units` (1 to LARGEST_CLASS_UNITS; 0 counts as 1). */
export function sizeClassOf(units: number): number {
  if (units <= LINEAR_UNITS) return units === 0 ? 0 : units - 1;
  const last = units - 1;
  const power = 31 - Math.clz32(last);
  return LINEAR_UNITS + ((power - 4) << 3) + ((last >>> (power - 3)) & 7);
}

function buildBlockUnits(): Int32Array {
  const units: number[] = [];
  for (let n = 1; n <= LINEAR_UNITS; n++) units.push(n);
  for (let base = LINEAR_UNITS; base < LARGEST_CLASS_UNITS; base *= 2) {
    for (let eighth = 1; eighth <= 8; eighth++) units.push(base + (base / 8) * eighth);
  }
  return Int32Array.from(units);
}
