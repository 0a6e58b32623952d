/** Histories for Alembic projects, written as people write them. Each runs with every driver on PostgreSQL 14 to 18. */
import type { RevisionFile } from './alembic.ts';

/** Twelve hexadecimal digits, as alembic makes them, that sort otherwise than they follow; the last four are `n`. */
export function revisionId(n: number): string {
  const scattered = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  return `${scattered.toString(16).padStart(8, '0')}${n.toString(16).padStart(4, '0')}`;
}

/** One after the other, from revision `from` on, the first on `down`. */
function line(
  files: readonly Omit<RevisionFile, 'revision' | 'down'>[],
  from = 1,
  down: RevisionFile['down'] = null,
): RevisionFile[] {
  return files.map((file, index) => ({
    revision: revisionId(from + index),
    down: index === 0 ? down : revisionId(from + index - 1),
    ...file,
  }));
}

/**
 * Thirty: tables, columns, indexes, constraints, enums, sequences, views, a schema with a partitioned table; data
 * migrations with selects, loops and inserts; bulk_insert; batch operations; autocommit blocks with CONCURRENTLY and ADD
 * VALUE; several statements in one string; savepoints of their own; decisions that depend on what is read (nothing that
 * `--sql` can render from number 7 on); 17, 18 and 19, 20 are two branches, which 21 merges. They fill the tables themselves.
 */
export function thirtyRevisions(): RevisionFile[] {
  const [base, left, right, rest] = [BASE, LEFT, RIGHT, REST];
  const fork = base.length;
  return [
    ...line(base),
    ...line(left, fork + 1, revisionId(fork)),
    ...line(right, fork + 3, revisionId(fork)),
    { revision: revisionId(fork + 5), down: [revisionId(fork + 2), revisionId(fork + 4)], ...MERGE },
    ...line(rest, fork + 6, revisionId(fork + 5)),
  ];
}

const BASE: readonly Omit<RevisionFile, 'revision' | 'down'>[] = [
  {
    message: 'create customers',
    upgrade: `
op.create_table(
    "customers",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(255), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
)`,
    downgrade: 'op.drop_table("customers")',
  },
  {
    message: 'create products',
    upgrade: `
op.create_table(
    "products",
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("sku", sa.String(32), nullable=False),
    sa.Column("price", sa.Numeric(10, 2), nullable=False),
    sa.CheckConstraint("price >= 0", name="products_price_not_negative"),
    sa.UniqueConstraint("sku", name="products_sku_key"),
)`,
  },
  {
    message: 'create orders with a status',
    upgrade: `
op.create_table(
    "orders",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("status", sa.Enum("new", "paid", "sent", name="order_status"), nullable=False, server_default="new"),
    sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
)`,
  },
  {
    message: "customers' e-mail is unique, phone added",
    upgrade: `
op.add_column("customers", sa.Column("phone", sa.String(40), nullable=True))
op.create_index(op.f("ix_customers_email"), "customers", ["email"], unique=True)`,
  },
  {
    message: 'create order items',
    upgrade: `
op.create_table(
    "order_items",
    sa.Column("order_id", sa.BigInteger, nullable=False),
    sa.Column("product_id", sa.BigInteger, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False, server_default="1"),
    sa.PrimaryKeyConstraint("order_id", "product_id", name="order_items_pkey"),
)
op.create_foreign_key("order_items_order_fk", "order_items", "orders", ["order_id"], ["id"], ondelete="CASCADE")
op.create_foreign_key("order_items_product_fk", "order_items", "products", ["product_id"], ["id"])`,
  },
  {
    message: 'the first products',
    upgrade: `
products = sa.table("products", sa.column("sku", sa.String), sa.column("price", sa.Numeric))
op.bulk_insert(products, [{"sku": f"SKU-{n:05d}", "price": n % 97 + 1} for n in range(1, 201)])`,
    downgrade: 'op.execute("DELETE FROM products")',
  },
  {
    message: 'customers and orders from the old shop',
    upgrade: `
bind = op.get_bind()
for n in range(1, 61):
    customer = bind.execute(
        sa.text("INSERT INTO customers (email, name) VALUES (:email, :name) RETURNING id"),
        {"email": f"customer{n}@example.com", "name": f"First{n} Last{n}"},
    ).scalar()
    for order in range(n % 3):
        placed = bind.execute(
            sa.text("INSERT INTO orders (customer_id, status) VALUES (:customer, 'paid') RETURNING id"),
            {"customer": customer},
        ).scalar()
        bind.execute(
            sa.text(
                "INSERT INTO order_items (order_id, product_id, quantity)"
                " SELECT :placed, p.id, 2 FROM products p ORDER BY p.id LIMIT 3"
            ),
            {"placed": placed},
        )`,
  },
  {
    message: 'split the name of a customer',
    upgrade: `
bind = op.get_bind()
op.add_column("customers", sa.Column("first_name", sa.Text))
op.add_column("customers", sa.Column("last_name", sa.Text))
customers = sa.table(
    "customers",
    sa.column("id", sa.Integer),
    sa.column("name", sa.Text),
    sa.column("first_name", sa.Text),
    sa.column("last_name", sa.Text),
)
for row in bind.execute(sa.select(customers.c.id, customers.c.name).order_by(customers.c.id)).fetchall():
    first, _, last = row.name.partition(" ")
    bind.execute(
        customers.update().where(customers.c.id == row.id).values(first_name=first, last_name=last or None)
    )
op.alter_column("customers", "first_name", nullable=False)`,
  },
  {
    message: 'touch updated_at by a trigger',
    upgrade: `
op.add_column("orders", sa.Column("updated_at", sa.DateTime(timezone=True)))
statements = [
    """
    CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.updated_at := now();  -- 100% of rows; a semicolon
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch_updated_at()",
    "UPDATE orders SET status = 'sent' WHERE id % 2 = 0",
]
# asyncpg prepares everything, and what is prepared is one statement.
if op.get_context().dialect.driver == "asyncpg":
    for statement in statements:
        op.execute(statement)
else:
    op.execute(";".join(statements))`,
  },
  {
    message: 'totals on orders',
    upgrade: `
with op.batch_alter_table("orders") as batch:
    batch.add_column(sa.Column("total", sa.Numeric(12, 2), nullable=False, server_default="0"))
    batch.add_column(sa.Column("note", sa.String(100)))
    batch.create_check_constraint("orders_total_not_negative", "total >= 0")
op.execute(
    "UPDATE orders o SET total = s.total FROM ("
    " SELECT i.order_id, sum(i.quantity * p.price) AS total"
    " FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY i.order_id"
    ") s WHERE s.order_id = o.id"
)`,
  },
  {
    message: 'invoices with numbers of their own',
    upgrade: `
op.execute(sa.schema.CreateSequence(sa.Sequence("invoice_number_seq", start=10000, increment=1)))
op.create_table(
    "invoices",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column(
        "number", sa.BigInteger, nullable=False, unique=True, server_default=sa.text("nextval('invoice_number_seq')")
    ),
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id"), nullable=False),
)
op.execute("ALTER SEQUENCE invoice_number_seq OWNED BY invoices.number")`,
  },
  {
    message: 'an invoice for every order',
    upgrade: `
bind = op.get_bind()
numbers = []
for (order,) in bind.execute(sa.text("SELECT id FROM orders ORDER BY id")).fetchall():
    numbers.append(
        bind.execute(
            sa.text("INSERT INTO invoices (order_id) VALUES (:order) RETURNING number"), {"order": order}
        ).scalar()
    )
if len(set(numbers)) != len(numbers):
    raise RuntimeError("two invoices have one number")`,
  },
  {
    message: 'index orders by status concurrently',
    upgrade: `
with op.get_context().autocommit_block():
    op.create_index("ix_orders_status", "orders", ["status"], postgresql_concurrently=True)`,
    downgrade: `
with op.get_context().autocommit_block():
    op.drop_index("ix_orders_status", "orders", postgresql_concurrently=True)`,
  },
  {
    message: 'what is there decides',
    upgrade: `
bind = op.get_bind()
columns = {column["name"] for column in sa.inspect(bind).get_columns("customers")}
if "name" in columns and "loyal" not in columns:
    op.add_column("customers", sa.Column("loyal", sa.Boolean, nullable=False, server_default=sa.false()))
orders = bind.execute(sa.text("SELECT count(*) FROM orders")).scalar()
if orders > 0:
    bind.execute(
        sa.text(
            "UPDATE customers c SET loyal = true"
            " WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) >= :enough"
        ),
        {"enough": 2},
    )
else:
    op.execute("SELECT 1/0")`,
  },
  {
    message: 'phone numbers without spaces',
    upgrade: `
op.execute("UPDATE customers SET phone = '+49 30 ' || id WHERE id <= 10")
op.alter_column(
    "customers",
    "phone",
    existing_type=sa.String(40),
    type_=sa.Text,
    postgresql_using="replace(phone, ' ', '')",
)`,
  },
  {
    message: 'tags',
    upgrade: `
op.create_table(
    "tags",
    sa.Column("id", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), primary_key=True),
    sa.Column("names", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"),
)
op.create_index("ix_tags_names", "tags", ["names"], postgresql_using="gin")`,
  },
];

const LEFT: typeof BASE = [
  {
    message: 'shipments',
    upgrade: `
op.create_table(
    "shipments",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id"), nullable=False),
    sa.Column("carrier", postgresql.ENUM("dhl", "ups", name="carrier"), nullable=False),
)`,
  },
  {
    message: 'one shipment for each order sent',
    upgrade: `
op.execute("INSERT INTO shipments (order_id, carrier) SELECT id, 'dhl' FROM orders WHERE status = 'sent'")
op.create_index("ix_shipments_order_id", "shipments", ["order_id"])`,
  },
];

const RIGHT: typeof BASE = [
  {
    message: 'refunds',
    upgrade: `
op.create_table(
    "refunds",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("invoice_id", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.Numeric(12, 2), nullable=False),
)`,
  },
  {
    message: 'refunds belong to invoices',
    upgrade: `
op.create_foreign_key("refunds_invoice_fk", "refunds", "invoices", ["invoice_id"], ["id"])
op.create_check_constraint("refunds_amount_positive", "refunds", "amount > 0")`,
  },
];

const MERGE = { message: 'merge shipments and refunds', upgrade: 'pass' };

const REST: typeof BASE = [
  {
    message: 'reporting views',
    upgrade: `
op.execute("CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status <> 'sent'")
op.execute(
    "CREATE MATERIALIZED VIEW sales_by_day AS"
    " SELECT placed_at::date AS day, sum(total) AS total FROM orders GROUP BY 1"
)
op.create_index("sales_by_day_day", "sales_by_day", ["day"], unique=True)`,
  },
  {
    message: 'an order can be refunded',
    upgrade: `
with op.get_context().autocommit_block():
    op.execute("ALTER TYPE order_status ADD VALUE IF NOT EXISTS 'refunded'")`,
  },
  {
    message: 'indexes on expressions and parts',
    upgrade: `
op.create_index("ix_customers_lower_email", "customers", [sa.text("lower(email)")])
op.create_index(
    "ix_orders_unpaid", "orders", ["customer_id"], unique=False, postgresql_where=sa.text("status = 'new'")
)`,
  },
  {
    message: 'attributes of products, in batches',
    upgrade: `
bind = op.get_bind()
op.add_column("products", sa.Column("attributes", postgresql.JSONB, nullable=True))
products = sa.table(
    "products", sa.column("id", sa.BigInteger), sa.column("sku"), sa.column("attributes", postgresql.JSONB)
)
while True:
    rows = bind.execute(
        sa.select(products.c.id, products.c.sku)
        .where(products.c.attributes.is_(None))
        .order_by(products.c.id)
        .limit(50)
    ).fetchall()
    if not rows:
        break
    for row in rows:
        bind.execute(
            products.update().where(products.c.id == row.id).values(attributes={"was": row.sku, "tags": ["a", "b"]})
        )
op.alter_column("products", "attributes", nullable=False)`,
  },
  {
    message: 'rename the note of an order',
    upgrade: `
op.alter_column("orders", "note", new_column_name="remark", existing_type=sa.String(100))
op.rename_table("tags", "labels")`,
  },
  {
    message: 'drop what nobody reads',
    upgrade: `
op.drop_constraint("orders_total_not_negative", "orders", type_="check")
op.drop_column("customers", "name")
op.drop_index("ix_orders_unpaid", table_name="orders")`,
  },
  {
    message: 'say what tables are for',
    upgrade: `
op.create_table_comment("invoices", "One for each order; it's kept for ten years")
op.alter_column("invoices", "number", existing_type=sa.BigInteger, comment="what's printed: 100% unique")`,
    downgrade: `
op.drop_table_comment("invoices")
op.alter_column("invoices", "number", existing_type=sa.BigInteger, comment=None)`,
  },
  {
    message: 'a schema for events',
    upgrade: `
import datetime

op.execute("CREATE SCHEMA events")
op.execute(
    "CREATE TABLE events.log (at timestamptz NOT NULL, kind text NOT NULL, body jsonb) PARTITION BY RANGE (at)"
)
for year in (2023, 2024, 2025):
    op.execute(
        f"CREATE TABLE events.log_{year} PARTITION OF events.log"
        f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
    )
op.bulk_insert(
    sa.table("log", sa.column("at", sa.DateTime(timezone=True)), sa.column("kind", sa.Text), schema="events"),
    [{"at": datetime.datetime(2024, 5, day, tzinfo=datetime.timezone.utc), "kind": "opened"} for day in range(1, 29)],
)`,
    downgrade: 'op.execute("DROP SCHEMA events CASCADE")',
  },
  {
    message: 'wishes, those that can be kept',
    upgrade: `
bind = op.get_bind()
op.create_table(
    "wishes",
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), primary_key=True),
    sa.Column("product_id", sa.BigInteger, sa.ForeignKey("products.id"), nullable=False),
)
kept = lost = 0
for customer, product in ((1, 1), (2, 2), (1, 3), (3, 99999), (4, 4)):
    try:
        with bind.begin_nested():
            bind.execute(
                sa.text("INSERT INTO wishes (customer_id, product_id) VALUES (:customer, :product)"),
                {"customer": customer, "product": product},
            )
        kept += 1
    except sa.exc.IntegrityError:
        lost += 1
if (kept, lost) != (3, 2):
    raise RuntimeError(f"{kept} kept, {lost} lost")`,
    downgrade: 'op.drop_table("wishes")',
  },
];

/**
 * Five, of which the fourth refers to a table that is not there. `autocommit`: the second leaves alembic's transaction, so
 * that what precedes it is committed when the fourth fails.
 */
export function failingInTheMiddle(options: { readonly autocommit?: boolean } = {}): RevisionFile[] {
  return line([
    {
      message: 'create accounts',
      upgrade: `
op.create_table("accounts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
op.execute("INSERT INTO accounts (name) SELECT 'account ' || n FROM generate_series(1, 20) n")`,
    },
    {
      message: 'index accounts',
      upgrade: options.autocommit
        ? `
with op.get_context().autocommit_block():
    op.create_index("ix_accounts_name", "accounts", ["name"], postgresql_concurrently=True)`
        : 'op.create_index("ix_accounts_name", "accounts", ["name"])',
    },
    { message: 'add balance', upgrade: 'op.add_column("accounts", sa.Column("balance", sa.Numeric(12, 2)))' },
    {
      message: 'balances from the ledger',
      upgrade: `
op.add_column("accounts", sa.Column("checked", sa.Boolean))
op.execute("UPDATE accounts SET balance = (SELECT sum(amount) FROM ledger WHERE account_id = accounts.id)")`,
    },
    { message: 'never reached', upgrade: 'op.add_column("accounts", sa.Column("later", sa.Boolean))' },
  ]);
}

/** One base, and two that were written on it side by side. */
export function twoHeads(): RevisionFile[] {
  const create = (table: string) => `op.create_table("${table}", sa.Column("id", sa.Integer, primary_key=True))`;
  return [
    { revision: revisionId(1), down: null, message: 'create users', upgrade: create('users') },
    { revision: revisionId(2), down: revisionId(1), message: 'create teams', upgrade: create('teams') },
    { revision: revisionId(3), down: revisionId(1), message: 'create roles', upgrade: create('roles') },
  ];
}

/** For timing: `n` in one line, in turn a table, a column of it, an index on it, rows into it. */
export function manyRevisions(n: number): RevisionFile[] {
  return line(
    Array.from({ length: n }, (_, index) => {
      const table = `table_${Math.floor(index / 4)}`;
      return MANY[index % 4]?.(table) ?? { message: table, upgrade: 'pass' };
    }),
  );
}

const MANY: readonly ((table: string) => { message: string; upgrade: string })[] = [
  (table) => ({
    message: `create ${table}`,
    upgrade: `
op.create_table(
    "${table}",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
)`,
  }),
  (table) => ({
    message: `add a state to ${table}`,
    upgrade: `op.add_column("${table}", sa.Column("state", sa.Integer, server_default="0", nullable=False))`,
  }),
  (table) => ({
    message: `index ${table}`,
    upgrade: `op.create_index("ix_${table}_name", "${table}", ["name"])`,
  }),
  (table) => ({
    message: `fill ${table}`,
    upgrade: `
bind = op.get_bind()
for n in range(3):
    bind.execute(sa.text("INSERT INTO ${table} (name) VALUES (:name)"), {"name": f"row {n}"})`,
  }),
];
