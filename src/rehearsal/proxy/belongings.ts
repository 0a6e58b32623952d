/** What a session keeps for a connection: settings, prepared statements, temporary tables. Several share one here. */
import { qualified } from '../../postgres/qualified.ts';
import type { BatchItem } from '../../postgres/session.ts';
import { RESET_ALL, RESET_ROLE } from '../../postgres/settings.ts';
import type { Admission } from './caller.ts';
import { encodingItem, REPORTED, settingItems, settingsOf } from './parameters.ts';
import type { Play } from './play.ts';
import type { Seat } from './seat.ts';

/** The limits of the role, which RESET ALL brings back, would end the session while the tool thinks. */
const RESET: readonly BatchItem[] = [...RESET_ROLE, { text: RESET_ALL.text }];
const BACKEND: BatchItem = { keep: true, text: 'select pg_catalog.pg_backend_pid()::pg_catalog.text' };
const JOIN = 'mgate_join';

/** The role comes last: with another one the rest might not be allowed. */
const SETTINGS: BatchItem = {
  keep: true,
  text: qualified(`select name, setting from pg_catalog.pg_settings where source = 'session' and context <> 'internal'
            and name <> all ('{transaction_isolation, transaction_read_only, transaction_deferrable}')
         union all select 'role', pg_catalog.current_setting('role') where pg_catalog.current_setting('role') <> 'none'`),
};

/** All but the rehearsal's own. */
const TEMPORARY: BatchItem = {
  keep: true,
  text: qualified(`select case when c.relkind = 'v' then 'view' when c.relkind = 'S' then 'sequence' else 'table' end, pg_catalog.quote_ident(c.relname)
           from pg_catalog.pg_class c where c.relnamespace = pg_catalog.pg_my_temp_schema()
            and c.relkind = any ('{r,p,v,S}') and c.relname !~ '^mgate_'`),
};

export class Belongings {
  private readonly play: Play;
  /** How many seats there are. */
  private readonly seats: () => number;

  constructor(play: Play, seats: () => number) {
    this.play = play;
    this.seats = seats;
  }

  /** What a connection asks for as it begins, done; what it is told. Rejects with a BatchError or a StartupError. */
  async admit(seat: Seat): Promise<Admission> {
    const { line } = this.play;
    const settings = settingsOf(seat.caller.parameters);
    const [joined, left] = [{ text: `savepoint ${JOIN}` }, { text: `release savepoint ${JOIN}` }];
    try {
      const items = [encodingItem(settings), REPORTED, BACKEND];
      const results = await line.batch([joined, ...settingItems(settings), ...items, left]);
      const [encoding, reported, backend] = results.slice(1 + settings.length);
      const rows = [...(reported?.rows ?? []), ...(encoding?.rows ?? [])];
      const parameters = new Map(rows.map(([name, value]) => [name ?? '', value ?? '']));
      seat.greet(parameters);
      return { kind: 'admitted', pid: Number(backend?.rows[0]?.[0] ?? 0), parameters };
    } catch (error) {
      if (line.status === 'E') await line.batch([{ text: `rollback to savepoint ${JOIN}` }, left]);
      throw error;
    }
  }

  /** Its settings, for when it has the turn again. */
  async putAway(seat: Seat): Promise<void> {
    const [found] = await this.play.line.batch([SETTINGS]);
    seat.settings = settingItems((found?.rows ?? []).map(([name, value]) => [name ?? '', value ?? '']));
  }

  async putBack(seat: Seat): Promise<void> {
    seat.forgotUnnamed = true;
    await this.play.line.batch([...RESET, ...this.play.director.settings(), ...(seat.settings ?? [])]);
  }

  /** What DISCARD ALL does first. */
  async reset(seat: Seat): Promise<void> {
    const settings = settingItems(settingsOf(seat.caller.parameters));
    const cursors = this.seats() > 1 ? [] : [{ text: 'close all' }];
    await this.play.line.batch([...cursors, ...RESET, ...this.play.director.settings(), ...settings]);
  }

  deallocate(seat: Seat): void {
    const names = [...new Set([...seat.prepared.keys(), ...seat.preparedBySql])];
    seat.prepared.clear();
    seat.preparedBySql.clear();
    this.play.post(
      [],
      names.map((name) => seat.closing('S', name)),
    );
  }

  /** Whose they are is not known: while there is another connection they stay. */
  async dropTemporary(seat: Seat): Promise<void> {
    if (this.seats() > 1 || !seat.madeTemporary) return;
    seat.madeTemporary = false;
    const [found] = await this.play.line.batch([TEMPORARY]);
    const items = (found?.rows ?? []).map(([kind, name]) => ({
      text: `drop ${kind} if exists pg_temp.${name} cascade`,
    }));
    if (items.length > 0) await this.play.line.batch(items);
  }

  /** It is gone, and the session is as it was before it came. */
  async discard(seat: Seat): Promise<void> {
    this.deallocate(seat);
    this.play.post([...RESET, ...this.play.director.settings()]);
    await this.dropTemporary(seat);
  }
}
