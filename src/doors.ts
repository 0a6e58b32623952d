/**
 * What the bundle is made from: both doors out of one, so that what they share, and what is loaded only when it is used
 * (`await import()`), is there once. From source each door is run by itself.
 */
import './run.ts';

export const doors = {
  action: () => import('./action.ts'),
  cli: () => import('./cli.ts'),
};
