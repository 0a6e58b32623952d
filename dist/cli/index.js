#!/usr/bin/env node
import { doors } from '../shared/index.js';

await doors.cli();
