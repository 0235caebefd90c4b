export type { Config } from './config/config-type.ts';
