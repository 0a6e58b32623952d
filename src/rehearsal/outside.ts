/**
 * The locks of a statement as another session sees them: one that fails has given them back before it could be asked
 * itself. Looked at only while one statement goes on for longer than a tick, so a quick one is not seen.
 */

import type { Workbench } from '../engines/shared/workbench.ts';
import { qualified } from '../postgres/qualified.ts';
import type { Session } from '../postgres/session.ts';

const TICK_MS = 100;
const MOST_RELATIONS = 1_000;

/** What this session finds in the catalog existed before: what the watched one made it cannot see. */
const HELD = qualified(`
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as relation, pg_catalog.array_agg(distinct l.mode) as modes
    from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where l.pid = $1 and l.granted and l.locktype = 'relation' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and l.mode = any ('{ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock}')
   group by 1 limit ${MOST_RELATIONS}`);

export interface HeldOutside {
  readonly relation: string;
  readonly modes: readonly string[];
}

export class Outside {
  private readonly watcher: Session;
  private readonly pid: number;
  private readonly log: Workbench['log'];
  private readonly answered: () => number | null;
  private readonly timer: NodeJS.Timeout;
  private at: number | null = null;
  private ticks = 0;
  private asking: Promise<void> | null = null;
  private seen: { readonly at: number; readonly held: readonly HeldOutside[] } | null = null;

  /** `answered`: how many items the server has answered so far; null: it is at none. */
  constructor({ watcher, pid, log }: Workbench, answered: () => number | null) {
    this.watcher = watcher;
    this.pid = pid;
    this.log = log;
    this.answered = answered;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.asking;
  }

  /** Held while the item after the `answered`th was under way. */
  heldAt(answered: number): readonly HeldOutside[] {
    return this.seen?.at === answered ? this.seen.held : [];
  }

  private tick(): void {
    const at = this.answered();
    this.ticks = at !== null && at === this.at ? this.ticks + 1 : 0;
    this.at = at;
    // At 100, 200, 400, ... ms of one statement.
    if (at === null || this.asking || this.ticks === 0 || (this.ticks & (this.ticks - 1)) !== 0) return;
    this.asking = this.ask(at).finally(() => {
      this.asking = null;
    });
  }

  private async ask(at: number): Promise<void> {
    try {
      const { rows } = await this.watcher.query<{ relation: string; modes: string[] | string }>(HELD, [this.pid]);
      // It may have ended meanwhile: what is held then is another's.
      if (this.answered() !== at) return;
      const held = rows.map(({ relation, modes }) => ({
        relation,
        modes: typeof modes === 'string' ? [modes] : modes,
      }));
      this.seen = { at, held };
    } catch (error) {
      // The watchdog tells of a connection that is lost; without it there is only less to see.
      this.log.detail(`locks seen from outside: ${(error as Error).message}`);
    }
  }
}
