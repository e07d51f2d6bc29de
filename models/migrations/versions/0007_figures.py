"""figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_CLOCKS = (('verification', 'VERIFICATION', "'Dispatched', 'Handled', 'Archived'"),
           ('response', 'FIRST_RESPONSE', "'FollowedUp', 'Closed'"),
           ('completion', 'COMPLETION', "'Closed'"))

MOMENTS = ('received_at', 'verified_at', 'sent_at', 'closed_at', 'first_closed_at', 'reopened_at', 'archived_at', 'deferred_at', 'returned_at', 'rated_at', 'decided_at', 'verification_judged_at', 'verification_ended_at', 'response_judged_at', 'response_ended_at', 'completion_judged_at', 'completion_ended_at')

FACT = """complaint_id received_at agency_id unit_id category_id region_code channel report_type status
classification is_secret hops verified_at sent_at closed_at closed_by_silence first_closed_at is_reopened reopened_at
archived_at deferred_at returned_at returned_by_id returned_by_unit_id rated_at rating is_solved decided_at taken
classifier_version_id""".split() + [
    f'{name}_{part}' for name, _, _ in _CLOCKS for part in ('started_on', 'ended_at', 'ended_on', 'judged_at', 'on_time')
]


def _clock(name: str, clock: str, enders: str) -> str:
    """The last clock of a kind: the step was taken if an event of these kinds stopped it.

    Whether it was on time is certain once it was taken or its due moment passed while it ran.
    """
    return f"""
    left join lateral (
        select
            (k.started_at at time zone 'Asia/Jakarta')::date as started_on,
            t.ended_at,
            (t.ended_at at time zone 'Asia/Jakarta')::date as ended_on,
            least(
                t.ended_at,
                case
                    when t.ended_at is not null or (k.stopped_at is null and k.paused_at is null) then k.due_at
                    when k.due_at < coalesce(k.stopped_at, k.paused_at) then k.due_at
                end
            ) as judged_at,
            coalesce(t.ended_at <= k.due_at, false) as on_time
        from (
            select * from complaint_clock
            where complaint_id = c.id and clock = '{clock}'
            order by started_at desc, id desc limit 1
        ) k
        cross join lateral (
            select case when exists (
                select from complaint_event e
                where e.complaint_id = c.id and e.at = k.stopped_at and e.kind in ({enders})
            ) then k.stopped_at end as ended_at
        ) t
    ) {name} on true"""


FACT_VIEW = f"""
create view complaint_fact_now as
select
    c.id as complaint_id,
    c.submitted_at as received_at,
    case when c.dispatched_at is null then c.queue_agency_id else c.agency_id end as agency_id,
    c.unit_id, c.category_id, c.region_code, c.channel, c.report_type, c.status, c.classification, c.is_secret,
    c.hops::smallint as hops,
    e.verified_at, e.sent_at,
    c.closed_at, c.closed_by_silence,
    e.first_closed_at,
    e.reopened_at is not null as is_reopened,
    e.reopened_at,
    case when c.status = 'ARCHIVED' then e.archived_at end as archived_at,
    e.deferred_at,
    r.returned_at, r.returned_by_id, r.returned_by_unit_id,
    case when c.rating is not null then e.rated_at end as rated_at,
    case when e.rated_at is not null then c.rating::smallint end as rating,
    case when e.rated_at is not null then c.is_solved end as is_solved,
    s.decided_at, s.taken, s.classifier_version_id,
    {', '.join(f'{name}.{part} as {name}_{part}' for name, _, _ in _CLOCKS
               for part in ('started_on', 'ended_at', 'ended_on', 'judged_at', 'on_time'))}
from complaint c
cross join lateral (
    select
        min(at) filter (where kind = 'Verified') as verified_at,
        min(at) filter (where kind in ('Dispatched', 'Handled')) as sent_at,
        min(at) filter (where kind = 'Closed') as first_closed_at,
        min(at) filter (where kind = 'Reopened') as reopened_at,
        max(at) filter (where kind = 'Archived') as archived_at,
        max(at) filter (where kind = 'Deferred') as deferred_at,
        max(at) filter (where kind = 'Rated') as rated_at
    from complaint_event where complaint_id = c.id
) e
left join lateral (
    select x.at as returned_at, agency_of(x.sender) as returned_by_id,
        nullif(x.sender, agency_of(x.sender)) as returned_by_unit_id
    from (
        select at, (data ->> 'from_agency_id')::uuid as sender from complaint_event
        where complaint_id = c.id and kind = 'Returned' order by seq desc limit 1
    ) x
) r on true
left join lateral (
    select decided_at, classifier_version_id,
        ((category_rank is not distinct from 1)::int + 2 * (agency_rank is not distinct from 1)::int
            + 4 * (title_rank is not distinct from 1)::int)::smallint as taken
    from suggestion where complaint_id = c.id and not is_shadow and decided_at is not null
    order by at desc, id desc limit 1
) s on true
{''.join(_clock(*clock) for clock in _CLOCKS)}
"""

RULES = (
    # The agency that a work unit of any depth belongs to.
    """
    create function agency_of(office uuid) returns uuid language sql stable as $$
        with recursive up as (
            select id, parent_id, level from agency where id = office
            union all
            select a.id, a.parent_id, a.level from agency a join up on a.id = up.parent_id where up.level = 'UNIT'
        )
        select id from up where level <> 'UNIT' limit 1
    $$
    """,
    FACT_VIEW,
    """
    create view complaint_span_now as
    select complaint_id, seq, status, at as began_at,
        lead(at) over (partition by complaint_id order by seq) as ended_at
    from (
        select complaint_id, seq, status, at,
            lag(status) over (partition by complaint_id order by seq) as status_before
        from complaint_event
    ) stepped
    where status is distinct from status_before
    """,
    # At the end of a transaction, when everything it had to say about a complaint is written, and once for each.
    f"""
    create function keep_complaint_fact() returns trigger language plpgsql as $$
    declare
        this_transaction bigint := pg_current_xact_id()::text::bigint;
    begin
        if exists (
            select from complaint_fact
            where complaint_id = new.complaint_id and transaction_number = this_transaction
        ) then
            return null;
        end if;
        insert into complaint_fact ({', '.join(FACT)}, transaction_number)
        select {', '.join(FACT)}, this_transaction from complaint_fact_now where complaint_id = new.complaint_id
        on conflict (complaint_id) do update set
            {', '.join(f'{column} = excluded.{column}' for column in FACT[1:])},
            transaction_number = excluded.transaction_number;
        insert into complaint_span (complaint_id, seq, status, began_at, ended_at)
        select complaint_id, seq, status, began_at, ended_at from complaint_span_now
        where complaint_id = new.complaint_id
        on conflict (complaint_id, seq) do update set ended_at = excluded.ended_at
        where complaint_span.ended_at is distinct from excluded.ended_at;
        return null;
    end $$
    """,
    """
    create constraint trigger complaint_event_counted after insert on complaint_event
        deferrable initially deferred for each row execute function keep_complaint_fact()
    """,
    """
    create constraint trigger complaint_clock_counted
        after insert or update of due_at, paused_at, stopped_at on complaint_clock
        deferrable initially deferred for each row execute function keep_complaint_fact()
    """,
    # For rows that were there before, and for whoever fills tables without triggers.
    f"""
    create function count_all_complaints() returns void language sql as $$
        truncate complaint_fact, complaint_span;
        insert into complaint_fact ({', '.join(FACT)}, transaction_number)
        select {', '.join(FACT)}, pg_current_xact_id()::text::bigint from complaint_fact_now;
        insert into complaint_span (complaint_id, seq, status, began_at, ended_at)
        select complaint_id, seq, status, began_at, ended_at from complaint_span_now;
    $$
    """,
)


def upgrade() -> None:
    """Go forward."""
    op.create_table('complaint_fact',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('category_id', sa.Uuid(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('report_type', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('classification', sa.Text(), nullable=True),
    sa.Column('is_secret', sa.Boolean(), nullable=False),
    sa.Column('hops', sa.SmallInteger(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_silence', sa.Boolean(), nullable=False),
    sa.Column('first_closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_reopened', sa.Boolean(), nullable=False),
    sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deferred_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_by_id', sa.Uuid(), nullable=True),
    sa.Column('returned_by_unit_id', sa.Uuid(), nullable=True),
    sa.Column('rated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rating', sa.SmallInteger(), nullable=True),
    sa.Column('is_solved', sa.Boolean(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken', sa.SmallInteger(), nullable=True),
    sa.Column('classifier_version_id', sa.Uuid(), nullable=True),
    *(
        sa.Column(f'{name}_{part}', kind, nullable=True)
        for name, _, _ in _CLOCKS
        for part, kind in (
            ('started_on', sa.Date()), ('ended_at', sa.DateTime(timezone=True)), ('ended_on', sa.Date()),
            ('judged_at', sa.DateTime(timezone=True)), ('on_time', sa.Boolean()),
        )
    ),
    sa.Column('transaction_number', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_fact_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_fact'))
    )
    op.create_table('complaint_span',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_span_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', 'seq', name=op.f('pk_complaint_span'))
    )
    op.create_table('export_request',
    sa.Column('kind', sa.Enum('FIGURES', 'CASES', name='exportkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('format', sa.Enum('CSV', 'XLSX', name='exportformat', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('question', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', name='jobstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('requested_by_id', sa.Uuid(), nullable=False),
    sa.Column('actor_role', sa.Enum('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor_agency_id', sa.Uuid(), nullable=True),
    sa.Column('actor_unit_id', sa.Uuid(), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('rows_expected', sa.Integer(), nullable=True),
    sa.Column('size_bytes', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ticket_digest', sa.LargeBinary(), nullable=True),
    sa.Column('ticket_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state <> 'DONE' or sha256 is not null", name=op.f('ck_export_request_done_has_file')),
    sa.ForeignKeyConstraint(['actor_agency_id'], ['agency.id'], name=op.f('fk_export_request_actor_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['actor_unit_id'], ['agency.id'], name=op.f('fk_export_request_actor_unit_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['requested_by_id'], ['person.id'], name=op.f('fk_export_request_requested_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_request')),
    sa.UniqueConstraint('ticket_digest', name=op.f('uq_export_request_ticket_digest'))
    )
    for statement in RULES:
        op.execute(statement)
    op.execute("select count_all_complaints()")
    for moment in MOMENTS:
        op.create_index(f'ix_complaint_fact_{moment}', 'complaint_fact', [moment], unique=False, postgresql_where=sa.text(f'{moment} is not null'))
    op.create_index('ix_complaint_fact_agency', 'complaint_fact', ['agency_id', 'received_at'], unique=False)
    op.create_index('ix_complaint_fact_unit', 'complaint_fact', ['unit_id', 'received_at'], unique=False, postgresql_where=sa.text('unit_id is not null'))
    op.create_index('ix_complaint_fact_returned_by', 'complaint_fact', ['returned_by_id'], unique=False, postgresql_where=sa.text('returned_by_id is not null'))
    op.create_index('ix_complaint_fact_category', 'complaint_fact', ['category_id', 'received_at'], unique=False)
    op.create_index('ix_complaint_fact_region', 'complaint_fact', ['region_code'], unique=False, postgresql_ops={'region_code': 'text_pattern_ops'})
    op.create_index('ix_complaint_span_open', 'complaint_span', [sa.text("tstzrange(began_at, ended_at, '(]')")], unique=False, postgresql_using='gist', postgresql_where=sa.text("status not in ('CLOSED', 'ARCHIVED')"))
    op.create_index('ix_export_request_person', 'export_request', ['requested_by_id', 'requested_at', 'id'], unique=False)
    op.create_index('ix_export_request_finished', 'export_request', ['finished_at'], unique=False, postgresql_where=sa.text('finished_at is not null'))


def downgrade() -> None:
    """Take back."""
    op.execute("drop function count_all_complaints()")
    op.execute("drop function keep_complaint_fact() cascade")
    op.execute("drop view complaint_span_now")
    op.execute("drop view complaint_fact_now")
    op.execute("drop function agency_of(uuid)")
    op.drop_table('export_request')
    op.drop_table('complaint_span')
    op.drop_table('complaint_fact')
