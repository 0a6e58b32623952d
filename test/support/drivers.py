"""What a driver's user sees, one line a step: psycopg2, psycopg or asyncpg, at the address in argv."""

import asyncio
import io
import logging
import sys


# Whether psycopg has heard of an error before its pipeline ends, and warns, is a matter of moments.
logging.getLogger("psycopg").setLevel(logging.ERROR)


def say(what, *seen):
    print(what, *seen, sep=" | ", flush=True)


def shown(error):
    code = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {code} {str(error).strip()}"


def run_psycopg2(url):
    import psycopg2
    from psycopg2 import extensions, extras

    def state(c):
        return c.get_transaction_status()

    c = psycopg2.connect(url)
    cur = c.cursor()

    def step(sql, values=None):
        try:
            cur.execute(sql, values)
            rows = cur.fetchall() if cur.description else None
            say(sql, cur.statusmessage, cur.rowcount, rows, state(c), c.encoding)
        except psycopg2.Error as error:
            diag = error.diag
            say(sql, shown(error), diag.message_detail, diag.constraint_name, diag.statement_position, state(c))

    step("select %s::int + 1, %s", (1, "é'\\"))
    step("insert into t values (6, 60, 'six')")
    c.commit()
    step("insert into t values (1)")
    step("select 1")
    c.rollback()
    step("savepoint a")
    step("select nothing")
    step("rollback to a")
    c.commit()
    c.autocommit = True
    step("do $$ begin raise notice 'noted'; end $$")
    say("notices", c.notices)
    step("insert into later values (1)")
    step("begin; insert into t values (7); commit; select count(*) from t")
    step("set timezone to 'Asia/Tokyo'")
    say("parameter", c.get_parameter_status("TimeZone"))
    extras.execute_values(cur, "insert into t values %s", [(n, n) for n in range(100, 600)])
    say("values", cur.statusmessage, state(c))
    c.autocommit = False
    with c.cursor("named") as named:
        named.itersize = 2
        named.execute("select id from t where id < 5 order by id")
        say("named", list(named), state(c))
    c.commit()
    out = io.StringIO()
    cur.copy_expert("copy (select id, n from t where id < 4 order by id) to stdout", out)
    say("copy", out.getvalue())
    cur.copy_expert("copy t (id, n) from stdin with csv", io.StringIO("8,80\n9,90\n"))
    say("copied", cur.rowcount)
    try:
        cur.copy_expert("copy t (id) from stdin", io.StringIO("x\n"))
    except psycopg2.Error as error:
        say("copy failed", shown(error), state(c))
    c.rollback()
    c.set_session(isolation_level="READ COMMITTED", readonly=True)
    step("insert into t values (6)")
    c.rollback()
    c.set_session(readonly=False)
    with c:
        step("select count(*) from t")
    large = c.lobject(0, "wb")
    large.write(b"abc" * 1000)
    large.seek(0)
    say("large object", large.tell(), state(c))
    large.close()
    c.commit()
    c.close()


def run_psycopg(url):
    import psycopg

    c = psycopg.connect(url)
    c.add_notice_handler(lambda diag: say("notice", diag.severity, diag.sqlstate, diag.message_primary))

    def step(sql, values=None, **more):
        try:
            cur = c.execute(sql, values, **more)
            rows = cur.fetchall() if cur.description else None
            say(sql, cur.statusmessage, cur.rowcount, rows, c.info.transaction_status.name)
        except psycopg.Error as error:
            diag = error.diag
            say(sql, shown(error), diag.message_detail, diag.constraint_name, c.info.transaction_status.name)

    step("select %s::int + 1, %s", (1, "é'\\"))
    step("select %s::int, %s::numeric, %s::timestamptz", (1, 2.5, "2024-01-01"), binary=True)
    step("insert into t values (6, 60, 'six')")
    c.commit()
    step("insert into t values (%s)", (1,))
    c.rollback()
    with c.transaction():
        step("insert into t values (7)")
        try:
            with c.transaction():
                step("insert into t values (8)")
                step("select nothing")
        except psycopg.Error as error:
            say("inner", shown(error))
        step("select count(*) from t")
    for n in range(12):
        step("select %s::int * 2", (n,))
    step("select 1 as once", prepare=True)
    c.commit()
    c.autocommit = True
    for n in range(8):
        step("select n from t where id = %s", (n,))
    step("insert into later values (1)")
    step("do $$ begin raise notice 'noted'; end $$")
    step("select 1; select 2")
    step("set timezone to 'Asia/Tokyo'")
    say("parameter", c.info.parameter_status("TimeZone"), c.info.timezone)
    with c.cursor() as cur:
        cur.executemany("insert into t values (%s, %s)", [(n, n) for n in range(1000, 6000)])
        say("many", cur.rowcount)
        cur.executemany("insert into t values (%s) returning id", [(n,) for n in range(20, 23)], returning=True)
        say("many returned", [found.fetchall() for found in cur.results()] if hasattr(cur, "results") else cur.fetchone())
    try:
        with c.pipeline() as pipeline:
            first = c.execute("insert into t values (30) returning id")
            second = c.execute("select count(*) from t where id < 100")
            pipeline.sync()
            say("pipeline", first.fetchone(), second.fetchone())
            c.execute("insert into t values (31)")
            c.execute("select 1/0")
            c.execute("insert into t values (32)")
    except psycopg.Error as error:
        say("pipeline failed", shown(error), c.info.transaction_status.name)
    with c.pipeline(), c.transaction():
        for n in range(40, 45):
            c.execute("update t set n = %s where id = %s", (n, 1))
    step("select n from t where id = 1")
    with c.transaction(), c.cursor("named") as named:
        named.execute("select id from t where id < 5 order by id")
        say("named", named.fetchmany(2), named.fetchall())
    with c.cursor("held", withhold=True) as held:
        held.execute("select id from t where id < 4 order by id")
        say("held", held.fetchone(), held.fetchall())
    with c.cursor() as cur, cur.copy("copy (select id, n from t where id < 4 order by id) to stdout") as copy:
        say("copy", list(copy.rows()))
    with c.cursor() as cur:
        with cur.copy("copy t (id, n) from stdin (format binary)") as copy:
            copy.set_types(["int4", "int4"])
            for n in range(50, 53):
                copy.write_row((n, n))
        say("copied", cur.rowcount)
        try:
            with cur.copy("copy t (id) from stdin") as copy:
                copy.write(b"60\n")
                raise ValueError("enough")
        except ValueError as error:
            say("copy broken off", error, c.info.transaction_status.name)
        try:
            with cur.copy("copy t (id) from stdin") as copy:
                copy.write(b"x\n")
        except psycopg.Error as error:
            say("copy failed", shown(error), c.info.transaction_status.name)
    for row in psycopg.Cursor(c).stream("select i from generate_series(1, 4) i"):
        say("streamed", row)
    step("select count(*) from t")
    c.close()


async def run_asyncpg(url):
    import asyncpg

    c = await asyncpg.connect(url)
    c.add_log_listener(lambda _, message: say("notice", message.severity, message.sqlstate, message.message))

    async def step(what, awaited):
        try:
            say(what, await awaited, c.is_in_transaction())
        except asyncpg.PostgresError as error:
            say(what, shown(error), error.detail, error.constraint_name, c.is_in_transaction())

    await step("fetch", c.fetch("select $1::int + 1 as a, $2::text as b", 1, "é'\\"))
    await step("execute", c.execute("insert into t values (6, 60, 'six')"))
    await step("several", c.execute("insert into t values (7); insert into t values (8)"))
    await step("values", c.execute("insert into t values ($1)", 1))
    await step("wrong", c.fetch("select nothing"))
    await step("enum", c.fetch("select 'sad'::mood, array['ok'::mood]"))
    await step("many", c.executemany("insert into t values ($1, $2)", [(n, n) for n in range(1000, 3000)]))
    await step("many fail", c.executemany("insert into t values ($1)", [(n,) for n in (50, 51, 1, 52)]))
    async with c.transaction():
        await step("in it", c.execute("insert into t values (9)"))
        try:
            async with c.transaction():
                await c.execute("insert into t values (10)")
                await c.execute("select 1/0")
        except asyncpg.PostgresError as error:
            say("nested", shown(error), c.is_in_transaction())
        say("cursor", [row["id"] async for row in c.cursor("select id from t where id < 8 order by id", prefetch=2)])
        found = await c.cursor("select id from t order by id")
        say("by hand", await found.fetch(2), await found.fetchrow())
    statement = await c.prepare("select n from t where id = $1")
    for n in range(1, 4):
        await step("prepared", statement.fetchval(n))
    async with c.transaction(isolation="serializable", readonly=True):
        await step("read only", c.execute("insert into t values (11)"))
    out = io.BytesIO()
    await step("copy", c.copy_from_query("select id, n from t where id < 4 order by id", output=out))
    say("copied", out.getvalue())
    await step("records", c.copy_records_to_table("t", records=[(60, 60, None), (61, 61, "x")]))
    await step("records fail", c.copy_records_to_table("t", records=[(62, 60, None), (1, 61, "x")]))
    await step("notice", c.execute("do $$ begin raise notice 'noted'; end $$"))
    await step("deferred", c.execute("insert into later values (1)"))
    await step("show", c.fetchval("select count(*) from t"))
    try:
        await c.fetch("select pg_sleep(30)", timeout=0.2)
    except asyncio.TimeoutError:
        say("timeout")
    await step("after it", c.fetchval("select 1"))
    await c.reset()
    await c.close()


driver, url = sys.argv[1:]
if driver == "asyncpg":
    asyncio.run(run_asyncpg(url))
else:
    {"psycopg2": run_psycopg2, "psycopg": run_psycopg}[driver](url)
