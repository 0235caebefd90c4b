import { digestId, SUPER_AUTH } from './generate/pools.ts';
import type { Profile } from './step.ts';

const SUPER: Readonly<Record<string, string>> = {
  'DigestAuthenticationProvider.superDigest': digestId(SUPER_AUTH),
};

/**
 * Ways to configure both servers. Together they reach what a single configuration cannot: every feature on, everything
 * as shipped, no access control.
 */
export const PROFILES: readonly Profile[] = [
  {
    name: 'everything-on',
    config: {
      ...SUPER,
      extendedTypesEnabled: 'true',
      enforceQuota: 'true',
      reconfigEnabled: 'true',
      minSessionTimeout: '20000',
      maxSessionTimeout: '40000',
    },
    shortTimeoutsAreSafe: true,
    ttlEnabled: true,
    quotaEnforced: true,
  },
  {
    name: 'as-shipped',
    config: { ...SUPER, maxSessionTimeout: '40000' },
    shortTimeoutsAreSafe: false,
    ttlEnabled: false,
    quotaEnforced: false,
  },
  {
    name: 'no-acl',
    config: {
      ...SUPER,
      skipACL: 'yes',
      extendedTypesEnabled: 'true',
      reconfigEnabled: 'true',
      maxSessionTimeout: '40000',
      minSessionTimeout: '20000',
    },
    shortTimeoutsAreSafe: true,
    ttlEnabled: true,
    quotaEnforced: false,
  },
];

/** Most seeds run with everything on. */
export function profileOf(seed: number): Profile {
  const turn = seed % 10;
  if (turn === 3 || turn === 6 || turn === 9) return PROFILES[1]!;
  if (turn === 0) return PROFILES[2]!;
  return PROFILES[0]!;
}
