"""The tables of the store. Instants are milliseconds since 1970 UTC; names carry the unit.

Lists and pages read only these tables, never those of the execution engine, which answer filters
slowly once a million runs have finished. Partial indexes keep frequent queries small.
"""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text

metadata = sa.MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER keys

item = sa.Table(
    "item",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("workflow", String(40), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("group_key", String(200)),
    Column("group_scope", String(40), nullable=False, server_default=""),  # set when reserved
    Column("queue", String(120), nullable=False),
    Column("state", String(12), nullable=False),
    Column("outcome", String(12)),
    Column("reason_code", String(60)),
    Column("reason", Text),
    Column("payload", sa.JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("result", sa.JSON),
    Column("source", sa.JSON, nullable=False),
    Column("parent_id", Number),
    Column("priority", Integer, nullable=False),
    Column("run_no", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # raised by every change
    Column("failures", Integer, nullable=False),
    Column("takeovers", Integer, nullable=False),
    Column("breaks", Integer, nullable=False, server_default="0"),
    Column("worker", String(120)),
    Column("touched", Boolean, nullable=False),
    Column("not_before_ms", BigInteger),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("reserved_ms", BigInteger),
    Column("finished_ms", BigInteger),
    Column("updated_ms", BigInteger, nullable=False),
    Column("bot_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger),
    Column("warn_ms", BigInteger),
    Column("due_step", Integer, nullable=False, server_default="0"),  # 1: warned, 2: overdue
    Column("batch_id", String(120)),
    Column("cancel_by", String(120)),
    Column("from_step", String(120)),
    Column("cause", String(200)),
    sa.UniqueConstraint("workflow", "reference", name="item_once_per_reference"),
    sa.Index("item_by_arrival", "workflow", "arrived_ms"),
    sa.Index("item_by_state", "state", "updated_ms"),
    sa.Index("item_by_parent", "parent_id"),
    sa.Index("item_by_batch", "batch_id"),
    sa.Index(
        "item_by_deadline",
        "due_ms",
        sqlite_where=sa.text("finished_ms IS NULL AND due_ms IS NOT NULL"),
        postgresql_where=sa.text("finished_ms IS NULL AND due_ms IS NOT NULL"),
    ),
    sa.Index(
        "item_due",
        "not_before_ms",
        sqlite_where=sa.text("state = 'postponed'"),
        postgresql_where=sa.text("state = 'postponed'"),
    ),
    sa.Index(
        "item_held",
        "workflow",
        "updated_ms",
        sqlite_where=sa.text("state = 'postponed' AND reason_code = 'held'"),
        postgresql_where=sa.text("state = 'postponed' AND reason_code = 'held'"),
    ),
    # The database itself refuses a second running item of one group, whatever the code does. The
    # scope is the name of the group that workflows share, or of the item's own workflow.
    sa.Index(
        "item_one_running_per_group",
        "group_scope",
        "group_key",
        unique=True,
        sqlite_where=sa.text("state = 'running' AND group_key IS NOT NULL"),
        postgresql_where=sa.text("state = 'running' AND group_key IS NOT NULL"),
    ),
)

review = sa.Table(
    "review",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("item_id", Number, nullable=False),
    Column("run_no", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("step", String(120)),
    Column("code", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("facts", sa.JSON, nullable=False),
    Column("model", String(200), nullable=False),
    Column("shown", sa.JSON, nullable=False),
    Column("fields", sa.JSON, nullable=False),
    Column("pages", sa.JSON, nullable=False),
    Column("decision", String(12)),
    Column("answer", sa.JSON),
    Column("note", Text, nullable=False),
    Column("who", String(120)),
    Column("claimed_by", String(120)),
    Column("claimed_until_ms", BigInteger),
    Column("opened_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answered_ms", BigInteger),
    sa.Index("review_by_item", "item_id", "run_no", "step"),
    sa.Index(
        "review_open",
        "created_ms",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

effect = sa.Table(
    "effect",
    metadata,
    Column("target", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False, server_default="1"),
    Column("record", String(120)),  # NULL: written by a version that had no kinds of records
    Column("name", String(120), nullable=False),
    Column("item_id", Number, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("value", sa.JSON),  # with the next two: for a later lookup; deleted with the item
    Column("model", String(200)),
    Column("find", String(200)),
    Column("state", String(12), nullable=False),
    Column("intent_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger),
    Column("sent_review", Integer, nullable=False, server_default="0"),
    Column("confirmed_ms", BigInteger),
    Column("receipt", sa.JSON),
    sa.Index("effect_by_item", "item_id"),
    sa.Index("effect_by_submit", "sent_ms"),
)

event = sa.Table(
    "event",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("level", String(8), nullable=False),
    Column("item_id", Number),
    Column("run_id", String(60)),
    Column("attempt", Integer, nullable=False),
    Column("worker", String(120)),
    Column("step", String(120)),
    Column("message", Text, nullable=False),
    Column("data", sa.JSON, nullable=False),
    Column("picture", String(64)),  # SHA-256 of evidence whose file is still kept
    sa.Index(
        "event_with_picture",
        "picture",
        sqlite_where=sa.text("picture IS NOT NULL"),
        postgresql_where=sa.text("picture IS NOT NULL"),
    ),
    sa.Index(
        "event_healed",
        "item_id",
        sqlite_where=sa.text("kind = 'healed'"),
        postgresql_where=sa.text("kind = 'healed'"),
    ),
    sa.Index("event_by_item", "item_id", "number"),
    sa.Index("event_by_run", "run_id", "number"),
    sa.Index(
        "event_run_started",
        "number",
        sqlite_where=sa.text("kind = 'run_started'"),
        postgresql_where=sa.text("kind = 'run_started'"),
    ),
)

delivery = sa.Table(
    "delivery",
    metadata,
    # Deliveries from other systems and mailboxes, so that a repeated one is recognised.
    Column("workflow", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("items", Integer, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    sa.Index("delivery_by_time", "arrived_ms"),
)

staged_batch = sa.Table(
    "staged_batch",
    metadata,
    # Batches being staged. A number is never reused, because its rows may be deleted later.
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("workflow", String(40), nullable=False),
    Column("key", String(200), nullable=False),
    Column("items", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),  # set in the commit that records the delivery
    Column("done", Integer, nullable=False),
    Column("renewed_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

staged_item = sa.Table(
    "staged_item",
    metadata,
    # The items of staged batches; nothing else reads them.
    Column("batch", Number, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("arrival", sa.JSON, nullable=False),
)

left_mail = sa.Table(
    "left_mail",
    metadata,
    # Mails left unread for a person, by mailbox (address, folder and UIDVALIDITY) and number.
    Column("workflow", String(40), primary_key=True),
    Column("mailbox", String(64), primary_key=True),
    Column("uid", String(20), primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)

planned_run = sa.Table(
    "planned_run",
    metadata,
    # One row per due instant; the process that inserts it runs it, so two schedulers never both do.
    Column("schedule", String(40), primary_key=True),
    Column("planned_ms", BigInteger, primary_key=True),
    Column("state", String(12), nullable=False),
    Column("items", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("worker", String(120), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("finished_ms", BigInteger),
    Column("lease_until_ms", BigInteger),  # after it another process runs the instant
    Column("released_ms", BigInteger),  # a person released a blocked run; a scheduler runs it
    sa.Index("planned_run_by_time", "planned_ms"),
    sa.Index(
        "planned_run_started",
        "lease_until_ms",
        sqlite_where=sa.text("state = 'started'"),
        postgresql_where=sa.text("state = 'started'"),
    ),
    sa.Index(
        "planned_run_released",
        "released_ms",
        sqlite_where=sa.text("released_ms IS NOT NULL"),
        postgresql_where=sa.text("released_ms IS NOT NULL"),
    ),
)

reading = sa.Table(
    "reading",
    metadata,
    # The values read from the document of an item, to detect duplicates and to set thresholds.
    Column("item_id", Number, primary_key=True, autoincrement=False),
    Column("source", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("number", String(200), nullable=False),
    Column("total", String(40), nullable=False),
    Column("duplicate_of", Number),
    Column("fields", sa.JSON, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    sa.Index("reading_by_content", "sha256"),
    sa.Index("reading_by_number", "number", "total"),
    sa.Index("reading_by_source", "source", "at_ms"),
)

checked_value = sa.Table(
    "checked_value",
    metadata,
    # One row per value that was read and that a person confirmed or corrected.
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("item_id", Number, nullable=False),
    Column("source", String(80), nullable=False),
    Column("field", String(80), nullable=False),
    Column("probability", sa.Float, nullable=False),
    Column("passable", Boolean, nullable=False),
    Column("sampled", Boolean, nullable=False),  # its document passed and was drawn for the sample
    Column("wrong", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    sa.Index("checked_value_by_item", "item_id"),
    sa.Index("checked_value_by_field", "source", "field", "sampled", "id"),
)

raised_threshold = sa.Table(
    "raised_threshold",
    metadata,
    # A threshold raised because of errors in the sample; in force until the field is tuned again.
    Column("source", String(80), primary_key=True),
    Column("field", String(80), primary_key=True),
    Column("threshold", sa.Float, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

target_state = sa.Table(
    "target_state",
    metadata,
    # The state of a target for all hosts; no row: it is in order.
    Column("target", String(40), primary_key=True),
    Column("failures", Integer, nullable=False),  # failed calls in a row
    Column("open_until_ms", BigInteger),  # the breaker is open; after it one item tries the target
    Column("trial_item", Number),
    Column("held_by", String(120)),  # the person who paused it
    Column("reason", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

slot = sa.Table(
    "slot",
    metadata,
    # Login slots. A slot is taken only while its item runs under this attempt, so a dead worker
    # keeps none: the lease is that of the item. A lookup without an item (number 0 here) takes its
    # slot until an instant.
    Column("login", String(300), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("item_id", Number, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("until_ms", BigInteger),
)

milestone = sa.Table(
    "milestone",
    metadata,
    # When the store was last backed up, restored, cleaned up, and when a host's clock was set.
    Column("name", String(40), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

identity = sa.Table(
    "identity",
    metadata,
    # The store's random ids, the present one last; a restore adds one. See ``store.identity``.
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
)

to_look_up = sa.Table(
    "to_look_up",
    metadata,
    # Items of a restored store to look up in their target before anything else runs.
    Column("item_id", Number, primary_key=True, autoincrement=False),
)

worker = sa.Table(
    "worker",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("host", String(120), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("beat_ms", BigInteger, nullable=False),
    Column("booted_ms", BigInteger),  # a new value means that the host's clock was set
    Column("labels", sa.JSON, nullable=False),
    Column("queues", sa.JSON, nullable=False, server_default="[]"),
)
