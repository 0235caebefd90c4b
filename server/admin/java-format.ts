import type { Int64 } from 'jute-ts';

/**
 * A number as Java's `Double.toString` prints it: always with a fraction, and with an exponent below
 * 0.001 and from ten million on (`0.0`, `1.7547`, `5.0E-4`, `1.25E7`).
 */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : `${value}`;
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(`${value}`);
  const [digits, exponent] = value.toExponential().split('e');
  return `${withFraction(digits!)}E${Number(exponent)}`;
}

/**
 * A socket's remote end as Java prints it: `/127.0.0.1:53714`, `/[0:0:0:0:0:0:0:1]:53714`.
 *
 * `address` is as Node tells it. An IPv4 client on a listener for both families is shown as IPv4.
 */
export function javaSocketAddress(address: string, port: number): string {
  if (!address.includes(':')) return `/${address}:${port}`;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return `/${mapped[1]}:${port}`;
  return `/[${expandedIpv6(address)}]:${port}`;
}

/**
 * A time as Java's `Date` prints it, in UTC: `Sun Nov 22 10:22:20 UTC 2026`.
 *
 * deviates: Java prints local time, with the zone's name; the zone is not known here.
 */
export function javaDate(msSince1970: number): string {
  const seconds = Math.floor(msSince1970 / 1000);
  const days = Math.floor(seconds / 86_400);
  const secondOfDay = seconds - days * 86_400;
  const { year, month, day } = civilDate(days);
  const time = [secondOfDay / 3600, (secondOfDay / 60) % 60, secondOfDay % 60]
    .map((part) => twoDigits(Math.floor(part)))
    .join(':');
  // 1 January 1970 was a Thursday.
  const weekday = WEEKDAYS[(((days + 4) % 7) + 7) % 7];
  return `${weekday} ${MONTHS[month]} ${twoDigits(day)} ${time} UTC ${year}`;
}

/** A time as `2026-02-11 20:18`, in UTC. */
export function minuteInUtc(msSince1970: number): string {
  const minutes = Math.floor(msSince1970 / 60_000);
  const days = Math.floor(minutes / 1440);
  const minuteOfDay = minutes - days * 1440;
  const { year, month, day } = civilDate(days);
  const date = `${year}-${twoDigits(month + 1)}-${twoDigits(day)}`;
  return `${date} ${twoDigits(Math.floor(minuteOfDay / 60))}:${twoDigits(minuteOfDay % 60)}`;
}

/** Signed 64 bits in decimal. */
export function int64ToDecimal(value: Int64): string {
  const negative = value.hi < 0;
  // Two's complement of a negative value; of the least one, it is that value read as unsigned.
  let hi = (negative ? ~value.hi + (value.lo === 0 ? 1 : 0) : value.hi) >>> 0;
  let lo = (negative ? -value.lo : value.lo) >>> 0;
  let digits = '';
  while (hi !== 0) {
    // Division of the two halves by 10^6: the remainder of the upper half, shifted by 32 bits, stays
    // below 2^52 and is exact.
    const shifted = (hi % 1e6) * 0x1_0000_0000 + lo;
    hi = Math.floor(hi / 1e6);
    lo = Math.floor(shifted / 1e6);
    digits = `${shifted % 1e6}`.padStart(6, '0') + digits;
  }
  const rest = lo === 0 && digits !== '' ? '' : `${lo}`;
  return `${negative ? '-' : ''}${rest}${digits}`;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

function withFraction(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`;
}

function twoDigits(n: number): string {
  return `${n}`.padStart(2, '0');
}

/** Gregorian date of a day counted from 1 January 1970; months count from 0, days from 1. */
function civilDate(days: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBefore(year) > days) year -= 1;
  while (daysBefore(year + 1) <= days) year += 1;
  let day = days - daysBefore(year);
  let month = 0;
  while (day >= daysIn(month, year)) {
    day -= daysIn(month, year);
    month += 1;
  }
  return { year, month, day: day + 1 };
}

/** Days from 1 January 1970 to 1 January of `year`. */
function daysBefore(year: number): number {
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return 365 * (year - 1970) + leapDays - 477;
}

function daysIn(month: number, year: number): number {
  if (month === 1) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31;
}

/** All eight groups, without leading zeros; the zone of a link-local address is kept. */
function expandedIpv6(address: string): string {
  const [groups = '', zone] = address.split('%');
  const [head = '', tail] = groups.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  const text = all.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  return zone === undefined ? text : `${text}%${zone}`;
}
