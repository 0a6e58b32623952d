import { doors } from '../shared/index.js';

await doors.action();
