"""the rows."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

# Events and looks at protected data are written once. The check is in the database because no code path,
# migration script or careless psql session may have a way around it.
GUARDS = (
    """
    create function refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $$
    """,
    *(
        f"create trigger {table}_append_only before {what} on {table} for each {scope} execute function refuse_change()"
        for table in ("complaint_event", "access_event")
        for what, scope in (("update or delete", "row"),)
    ),
    *(
        f"create trigger {table}_no_truncate before truncate on {table} for each statement"
        " execute function refuse_change()"
        for table in ("complaint_event", "access_event")
    ),
    # Ids only: listeners read the row again through their own policy, and NOTIFY carries at most 8 kB.
    """
    create function announce_event() returns trigger language plpgsql as $$
    begin
        perform pg_notify('complaint_event', new.complaint_id::text);
        return null;
    end $$
    """,
    "create trigger complaint_event_announced after insert on complaint_event"
    " for each row execute function announce_event()",
)

REMOVE_JOBS = """
do $$
declare item record;
begin
    for item in select tablename as name from pg_tables where tablename like 'procrastinate\\_%' loop
        execute format('drop table if exists %I cascade', item.name);
    end loop;
    for item in select oid::regprocedure::text as name from pg_proc where proname like 'procrastinate\\_%' loop
        execute 'drop function if exists ' || item.name || ' cascade';
    end loop;
    for item in select typname as name from pg_type where typname like 'procrastinate\\_%' and typtype in ('e', 'c') loop
        execute format('drop type if exists %I cascade', item.name);
    end loop;
end $$
"""


def _driver_execute(sql: str) -> None:
    # Several statements with percent signs: the driver must not look for parameters in them.
    raw = op.get_bind().connection.driver_connection
    assert raw is not None  # noqa: S101 - an open connection has one
    raw.execute(sql)


def upgrade() -> None:
    """Apply."""
    op.create_table('agency',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('short_name', sa.Text(), nullable=False),
    sa.Column('level', sa.Enum('NATIONAL', 'STATE_ENTERPRISE', 'PROVINCE', 'REGENCY', 'CITY', 'UNIT', name='agencylevel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('connection', sa.Enum('CENTRAL', 'SEMI', 'FULL', name='connection', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('office_kind', sa.Text(), nullable=True),
    sa.Column('aliases', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('is_in_seed', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("level <> 'UNIT' or parent_id is not null", name=op.f('ck_agency_unit_has_parent')),
    sa.CheckConstraint('valid_to is null or valid_from is null or valid_to > valid_from', name=op.f('ck_agency_validity_ordered')),
    sa.ForeignKeyConstraint(['parent_id'], ['agency.id'], name=op.f('fk_agency_parent_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agency')),
    sa.UniqueConstraint('code', name=op.f('uq_agency_code'))
    )
    op.create_index('ix_agency_name_id', 'agency', ['name', 'id'], unique=False)
    op.create_index(op.f('ix_agency_parent_id'), 'agency', ['parent_id'], unique=False)
    op.create_table('calendar_override',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('is_working', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_calendar_override'))
    )
    op.create_table('category',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('label_id', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), nullable=True),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('keywords', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('level between 1 and 4', name=op.f('ck_category_level_known')),
    sa.ForeignKeyConstraint(['parent_id'], ['category.id'], name=op.f('fk_category_parent_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('code', name=op.f('uq_category_code'))
    )
    op.create_index(op.f('ix_category_parent_id'), 'category', ['parent_id'], unique=False)
    op.create_table('clock_rule',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('clock', sa.Enum('VERIFICATION', 'FIRST_RESPONSE', 'COMPLETION', 'REPLY_WINDOW', 'REPORTER_COMPLETION', name='clock', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('classifications', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('mechanism', sa.Text(), nullable=True),
    sa.Column('label_id', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), nullable=False),
    sa.CheckConstraint("unit in ('WORKING_DAY', 'DAY', 'HOUR')", name=op.f('ck_clock_rule_unit_known')),
    sa.CheckConstraint('valid_to is null or valid_to > valid_from', name=op.f('ck_clock_rule_validity_ordered')),
    sa.CheckConstraint('value > 0', name=op.f('ck_clock_rule_value_positive')),
    sa.PrimaryKeyConstraint('code', 'valid_from', name=op.f('pk_clock_rule'))
    )
    op.create_table('term',
    sa.Column('kind', sa.Enum('STATUS', 'ROLE', 'CHANNEL', 'REPORT_TYPE', 'CLASSIFICATION', 'ARCHIVE_REASON', 'DEFER_REASON', 'RETURN_REASON', 'OFFICE_KIND', name='termkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('label_id', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'code', name=op.f('pk_term'))
    )
    op.create_table('agency_category',
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_agency_category_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_agency_category_category_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('agency_id', 'category_id', name=op.f('pk_agency_category'))
    )
    op.create_index(op.f('ix_agency_category_category_id'), 'agency_category', ['category_id'], unique=False)
    op.create_table('agency_successor',
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('successor_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_agency_successor_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['successor_id'], ['agency.id'], name=op.f('fk_agency_successor_successor_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('agency_id', 'successor_id', name=op.f('pk_agency_successor'))
    )
    op.create_table('complaint',
    sa.Column('tracking_code', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.LargeBinary(), nullable=True),
    sa.Column('idempotency_digest', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.Enum('UNVERIFIED', 'VERIFIED', 'DISPATCHED', 'IN_PROGRESS', 'CLOSED', 'DEFERRED', 'ARCHIVED', name='status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('report_type', sa.Enum('COMPLAINT', 'ASPIRATION', 'INFORMATION_REQUEST', name='reporttype', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('classification', sa.Enum('ORDINARY', 'SUPERVISION', 'ASPIRATION', 'INFORMATION_REQUEST', 'WHISTLEBLOWING', name='classification', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('urgency', sa.Enum('NORMAL', 'HIGH', 'EMERGENCY', name='urgency', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('channel', sa.Enum('WEB', 'SUBDOMAIN', 'ANDROID', 'IOS', 'SMS', 'SOCIAL', 'WHATSAPP', 'WALK_IN', 'LETTER', 'EMAIL', 'API', name='channel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('mechanism', sa.Text(), nullable=True),
    sa.Column('is_anonymous', sa.Boolean(), nullable=False),
    sa.Column('is_secret', sa.Boolean(), nullable=False),
    sa.Column('tags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=True),
    sa.Column('queue_agency_id', sa.Uuid(), nullable=True),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('chosen_agency_id', sa.Uuid(), nullable=True),
    sa.Column('entry_agency_id', sa.Uuid(), nullable=True),
    sa.Column('hops', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('incident_on', sa.Date(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dispatched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('responded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('archive_reason', sa.Text(), nullable=True),
    sa.Column('defer_reason', sa.Text(), nullable=True),
    sa.Column('closed_by_silence', sa.Boolean(), nullable=False),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('is_solved', sa.Boolean(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status <> 'ARCHIVED' or archive_reason is not null", name=op.f('ck_complaint_archived_has_reason')),
    sa.CheckConstraint("status <> 'DISPATCHED' or agency_id is not null", name=op.f('ck_complaint_dispatched_has_agency')),
    sa.CheckConstraint('latitude between -90 and 90 and longitude between -180 and 180', name=op.f('ck_complaint_point_on_earth')),
    sa.CheckConstraint('rating between 1 and 5', name=op.f('ck_complaint_rating_in_range')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_complaint_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_complaint_category_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['chosen_agency_id'], ['agency.id'], name=op.f('fk_complaint_chosen_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['entry_agency_id'], ['agency.id'], name=op.f('fk_complaint_entry_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['queue_agency_id'], ['agency.id'], name=op.f('fk_complaint_queue_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['agency.id'], name=op.f('fk_complaint_unit_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_complaint_idempotency_key')),
    sa.UniqueConstraint('tracking_code', name=op.f('uq_complaint_tracking_code'))
    )
    op.create_index('ix_complaint_agency', 'complaint', ['agency_id', 'status', 'submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_agency_due', 'complaint', ['agency_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('due_at is not null'))
    op.create_index('ix_complaint_category', 'complaint', ['category_id', 'submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_due', 'complaint', ['due_at', 'id'], unique=False, postgresql_where=sa.text('due_at is not null'))
    op.create_index('ix_complaint_public', 'complaint', ['published_at', 'id'], unique=False, postgresql_where=sa.text('published_at is not null and not is_secret'))
    op.create_index('ix_complaint_queue', 'complaint', ['queue_agency_id', 'status', 'submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_queue_due', 'complaint', ['queue_agency_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('due_at is not null'))
    op.create_index('ix_complaint_region', 'complaint', ['region_code'], unique=False, postgresql_ops={'region_code': 'text_pattern_ops'})
    op.create_index('ix_complaint_status', 'complaint', ['status', 'submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_supervision', 'complaint', ['agency_id', 'submitted_at', 'id'], unique=False, postgresql_where=sa.text("classification in ('SUPERVISION', 'WHISTLEBLOWING')"))
    op.create_index('ix_complaint_submitted', 'complaint', ['submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_unit', 'complaint', ['unit_id', 'status', 'submitted_at', 'id'], unique=False)
    op.create_index('ix_complaint_unit_due', 'complaint', ['unit_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('due_at is not null'))
    op.create_table('person',
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('role', sa.Enum('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("role not in ('AGENCY_ADMIN', 'UNIT_OFFICER', 'INSPECTORATE', 'HUB', 'CHANNEL_OFFICER') or agency_id is not null", name=op.f('ck_person_agency_roles_have_agency')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_person_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('login', name=op.f('uq_person_login'))
    )
    op.create_index(op.f('ix_person_agency_id'), 'person', ['agency_id'], unique=False)
    op.create_table('service_key',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_service_key_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_key')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_service_key_key_hash')),
    sa.UniqueConstraint('name', name=op.f('uq_service_key_name'))
    )
    op.create_table('access_event',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('actor_role', sa.Enum('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_access_event_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_access_event_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_event'))
    )
    op.create_index(op.f('ix_access_event_complaint_id'), 'access_event', ['complaint_id'], unique=False)
    op.create_index(op.f('ix_access_event_person_id'), 'access_event', ['person_id'], unique=False)
    op.create_table('classifier_version',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('manifest_sha256', sa.Text(), nullable=False),
    sa.Column('metrics', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('promoted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('promoted_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('CANDIDATE', 'ACTIVE', 'RETIRED')", name=op.f('ck_classifier_version_state_known')),
    sa.ForeignKeyConstraint(['promoted_by_id'], ['person.id'], name=op.f('fk_classifier_version_promoted_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_classifier_version')),
    sa.UniqueConstraint('version', name=op.f('uq_classifier_version_version'))
    )
    op.create_index('uq_classifier_version_active', 'classifier_version', ['state'], unique=True, postgresql_where=sa.text("state = 'ACTIVE'"))
    op.create_table('complaint_clock',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('clock', sa.Enum('VERIFICATION', 'FIRST_RESPONSE', 'COMPLETION', 'REPLY_WINDOW', 'REPORTER_COMPLETION', name='clock', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('announced_level', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('stopped_at is null or paused_at is null', name=op.f('ck_complaint_clock_stopped_is_not_paused')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_clock_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_clock'))
    )
    op.create_index('ix_complaint_clock_complaint', 'complaint_clock', ['complaint_id', 'started_at'], unique=False)
    op.create_index('ix_complaint_clock_due', 'complaint_clock', ['due_at'], unique=False, postgresql_where=sa.text('stopped_at is null and paused_at is null'))
    op.create_index('uq_complaint_clock_running', 'complaint_clock', ['complaint_id', 'clock'], unique=True, postgresql_where=sa.text('stopped_at is null'))
    op.create_table('complaint_copy',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_complaint_copy_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_copy_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', 'agency_id', name=op.f('pk_complaint_copy'))
    )
    op.create_index(op.f('ix_complaint_copy_agency_id'), 'complaint_copy', ['agency_id'], unique=False)
    op.create_table('complaint_event',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('UNVERIFIED', 'VERIFIED', 'DISPATCHED', 'IN_PROGRESS', 'CLOSED', 'DEFERRED', 'ARCHIVED', name='status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('audience', sa.Enum('INTERNAL', 'PARTIES', 'EVERYONE', name='audience', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_role', sa.Enum('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor_agency_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['actor_agency_id'], ['agency.id'], name=op.f('fk_complaint_event_actor_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_complaint_event_actor_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_event_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_event')),
    sa.UniqueConstraint('complaint_id', 'seq', name=op.f('uq_complaint_event_complaint_id_seq'))
    )
    op.create_table('complaint_reporter',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('entered_by_id', sa.Uuid(), nullable=True),
    sa.Column('contact_encrypted', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_reporter_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['entered_by_id'], ['person.id'], name=op.f('fk_complaint_reporter_entered_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_complaint_reporter_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_reporter'))
    )
    op.create_index(op.f('ix_complaint_reporter_entered_by_id'), 'complaint_reporter', ['entered_by_id'], unique=False)
    op.create_index(op.f('ix_complaint_reporter_person_id'), 'complaint_reporter', ['person_id'], unique=False)
    op.create_table('complaint_text',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('original_title', sa.Text(), nullable=True),
    sa.Column('original_body', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('edited_body', sa.Text(), nullable=True),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('public_title', sa.Text(), nullable=True),
    sa.Column('public_body', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_text_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_text'))
    )
    op.create_table('complaint_ticket',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_ticket_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_ticket'))
    )
    op.create_table('message',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('audience', sa.Enum('INTERNAL', 'PARTIES', 'EVERYONE', name='audience', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('author_role', sa.Enum('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('author_agency_id', sa.Uuid(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('public_body', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['author_agency_id'], ['agency.id'], name=op.f('fk_message_author_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_message_author_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_message_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message'))
    )
    op.create_index('ix_message_complaint', 'message', ['complaint_id', 'id'], unique=False)
    op.create_table('rule_set',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('activated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('activated_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('DRAFT', 'ACTIVE', 'RETIRED')", name=op.f('ck_rule_set_state_known')),
    sa.ForeignKeyConstraint(['activated_by_id'], ['person.id'], name=op.f('fk_rule_set_activated_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_set')),
    sa.UniqueConstraint('number', name=op.f('uq_rule_set_number'))
    )
    op.create_index('uq_rule_set_active', 'rule_set', ['state'], unique=True, postgresql_where=sa.text("state = 'ACTIVE'"))
    op.create_table('session',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('csrf_hash', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_session_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_session_token_hash'))
    )
    op.create_index(op.f('ix_session_person_id'), 'session', ['person_id'], unique=False)
    op.create_table('attachment',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('size_bytes between 1 and 5242880', name=op.f('ck_attachment_size_in_range')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_attachment_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_attachment_message_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    op.create_index('ix_attachment_complaint', 'attachment', ['complaint_id', 'id'], unique=False)
    op.create_table('route_decision',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('rule_set_id', sa.Uuid(), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('queue_agency_id', sa.Uuid(), nullable=True),
    sa.Column('proposed_agency_id', sa.Uuid(), nullable=True),
    sa.Column('reasons', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_route_decision_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['proposed_agency_id'], ['agency.id'], name=op.f('fk_route_decision_proposed_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['queue_agency_id'], ['agency.id'], name=op.f('fk_route_decision_queue_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_route_decision_rule_set_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_route_decision'))
    )
    op.create_index('ix_route_decision_complaint', 'route_decision', ['complaint_id', 'id'], unique=False)
    op.create_table('routing_rule',
    sa.Column('rule_set_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('REPORTER_CHOICE', 'SPECIAL_CATEGORY', 'CHANNEL', 'KEYWORD_TAG', 'LOCATION', 'CLASSIFIER', 'NATIONAL_DESK', name='rulekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('conditions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('outcome', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_routing_rule_rule_set_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_routing_rule')),
    sa.UniqueConstraint('rule_set_id', 'position', name=op.f('uq_routing_rule_rule_set_id_position'))
    )
    op.create_table('suggestion',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('classifier_version_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('titles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('categories', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('agencies', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('report_types', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('is_sure_of_category', sa.Boolean(), nullable=False),
    sa.Column('is_sure_of_agency', sa.Boolean(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('chosen_category_id', sa.Uuid(), nullable=True),
    sa.Column('chosen_agency_id', sa.Uuid(), nullable=True),
    sa.Column('title_rank', sa.Integer(), nullable=True),
    sa.Column('category_rank', sa.Integer(), nullable=True),
    sa.Column('agency_rank', sa.Integer(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['chosen_agency_id'], ['agency.id'], name=op.f('fk_suggestion_chosen_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['chosen_category_id'], ['category.id'], name=op.f('fk_suggestion_chosen_category_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['classifier_version_id'], ['classifier_version.id'], name=op.f('fk_suggestion_classifier_version_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_suggestion_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion')),
    sa.UniqueConstraint('complaint_id', 'classifier_version_id', name=op.f('uq_suggestion_complaint_id_classifier_version_id'))
    )
    op.create_index(op.f('ix_suggestion_classifier_version_id'), 'suggestion', ['classifier_version_id'], unique=False)


    for statement in GUARDS:
        op.execute(statement)
    _driver_execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Take back."""
    _driver_execute(REMOVE_JOBS)
    op.execute("drop function announce_event() cascade")
    op.execute("drop function refuse_change() cascade")
    op.drop_index(op.f('ix_suggestion_classifier_version_id'), table_name='suggestion')
    op.drop_table('suggestion')
    op.drop_table('routing_rule')
    op.drop_index('ix_route_decision_complaint', table_name='route_decision')
    op.drop_table('route_decision')
    op.drop_index('ix_attachment_complaint', table_name='attachment')
    op.drop_table('attachment')
    op.drop_index(op.f('ix_session_person_id'), table_name='session')
    op.drop_table('session')
    op.drop_index('uq_rule_set_active', table_name='rule_set', postgresql_where=sa.text("state = 'ACTIVE'"))
    op.drop_table('rule_set')
    op.drop_index('ix_message_complaint', table_name='message')
    op.drop_table('message')
    op.drop_table('complaint_ticket')
    op.drop_table('complaint_text')
    op.drop_index(op.f('ix_complaint_reporter_person_id'), table_name='complaint_reporter')
    op.drop_index(op.f('ix_complaint_reporter_entered_by_id'), table_name='complaint_reporter')
    op.drop_table('complaint_reporter')
    op.drop_table('complaint_event')
    op.drop_index(op.f('ix_complaint_copy_agency_id'), table_name='complaint_copy')
    op.drop_table('complaint_copy')
    op.drop_index('uq_complaint_clock_running', table_name='complaint_clock', postgresql_where=sa.text('stopped_at is null'))
    op.drop_index('ix_complaint_clock_due', table_name='complaint_clock', postgresql_where=sa.text('stopped_at is null and paused_at is null'))
    op.drop_index('ix_complaint_clock_complaint', table_name='complaint_clock')
    op.drop_table('complaint_clock')
    op.drop_index('uq_classifier_version_active', table_name='classifier_version', postgresql_where=sa.text("state = 'ACTIVE'"))
    op.drop_table('classifier_version')
    op.drop_index(op.f('ix_access_event_person_id'), table_name='access_event')
    op.drop_index(op.f('ix_access_event_complaint_id'), table_name='access_event')
    op.drop_table('access_event')
    op.drop_table('service_key')
    op.drop_index(op.f('ix_person_agency_id'), table_name='person')
    op.drop_table('person')
    op.drop_index('ix_complaint_unit_due', table_name='complaint', postgresql_where=sa.text('due_at is not null'))
    op.drop_index('ix_complaint_unit', table_name='complaint')
    op.drop_index('ix_complaint_submitted', table_name='complaint')
    op.drop_index('ix_complaint_supervision', table_name='complaint', postgresql_where=sa.text("classification in ('SUPERVISION', 'WHISTLEBLOWING')"))
    op.drop_index('ix_complaint_status', table_name='complaint')
    op.drop_index('ix_complaint_region', table_name='complaint', postgresql_ops={'region_code': 'text_pattern_ops'})
    op.drop_index('ix_complaint_queue_due', table_name='complaint', postgresql_where=sa.text('due_at is not null'))
    op.drop_index('ix_complaint_queue', table_name='complaint')
    op.drop_index('ix_complaint_public', table_name='complaint', postgresql_where=sa.text('published_at is not null and not is_secret'))
    op.drop_index('ix_complaint_due', table_name='complaint', postgresql_where=sa.text('due_at is not null'))
    op.drop_index('ix_complaint_category', table_name='complaint')
    op.drop_index('ix_complaint_agency_due', table_name='complaint', postgresql_where=sa.text('due_at is not null'))
    op.drop_index('ix_complaint_agency', table_name='complaint')
    op.drop_table('complaint')
    op.drop_table('agency_successor')
    op.drop_index(op.f('ix_agency_category_category_id'), table_name='agency_category')
    op.drop_table('agency_category')
    op.drop_table('term')
    op.drop_table('clock_rule')
    op.drop_index(op.f('ix_category_parent_id'), table_name='category')
    op.drop_table('category')
    op.drop_table('calendar_override')
    op.drop_index(op.f('ix_agency_parent_id'), table_name='agency')
    op.drop_index('ix_agency_name_id', table_name='agency')
    op.drop_table('agency')
