/** Ours, without reading a file at run time; the build holds it equal to package.json. */
export const VERSION = '0.1.0';
