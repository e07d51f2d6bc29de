"""tiers, conversation and ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

ROLES = (
    'PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB',
    'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM',
)
# An id only, like all news: whoever hears it reads who is there through their own policy.
ANNOUNCE = (
    """
    create function announce_case_presence() returns trigger language plpgsql as $$
    begin
        perform pg_notify('case_presence', coalesce(new.complaint_id, old.complaint_id)::text);
        return null;
    end $$
    """,
    "create trigger case_presence_came_or_went after insert or delete on case_presence"
    " for each row execute function announce_case_presence()",
)


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f'fk_{table}_{column}'), ondelete='RESTRICT',
                                   initially='DEFERRED', deferrable=True)


def upgrade() -> None:
    """Go forward."""
    op.add_column('complaint_clock', sa.Column('pauses', postgresql.JSONB(astext_type=sa.Text()), nullable=False,
                                               server_default=sa.text("'[]'")))
    # The ladder has a new first rung.
    op.execute('update complaint_clock set announced_level = announced_level + 1 where announced_level > 0')
    op.create_table(
        'clock_basis',
        sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column('fingerprint', sa.Text(), nullable=False),
        sa.Column('is_settled', sa.Boolean(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_clock_basis_only_one')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_basis')),
    )
    op.create_table(
        'ombudsman_consent',
        sa.Column('complaint_id', sa.Uuid(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('consents', sa.Boolean(), nullable=True),
        sa.CheckConstraint('(answered_at is null) = (consents is null)',
                           name=op.f('ck_ombudsman_consent_answered_or_not')),
        _points_to('ombudsman_consent', 'complaint_id', 'complaint.id'),
        sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_ombudsman_consent')),
    )
    op.create_index('ix_ombudsman_consent_given', 'ombudsman_consent', ['complaint_id'],
                    postgresql_where=sa.text('consents is true'))
    op.create_table(
        'case_presence',
        sa.Column('complaint_id', sa.Uuid(), nullable=False),
        sa.Column('person_id', sa.Uuid(), nullable=False),
        sa.Column('role', sa.Enum(*ROLES, name='role', native_enum=False, create_constraint=True, length=40),
                  nullable=False),
        sa.Column('agency_id', sa.Uuid(), nullable=True),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        _points_to('case_presence', 'complaint_id', 'complaint.id'),
        _points_to('case_presence', 'person_id', 'person.id'),
        _points_to('case_presence', 'agency_id', 'agency.id'),
        sa.PrimaryKeyConstraint('complaint_id', 'person_id', name=op.f('pk_case_presence')),
    )
    op.create_index('ix_case_presence_expires_at', 'case_presence', ['expires_at'])
    op.create_table(
        'answer_template',
        sa.Column('agency_id', sa.Uuid(), nullable=True),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('created_by_id', sa.Uuid(), nullable=True),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        _points_to('answer_template', 'agency_id', 'agency.id'),
        _points_to('answer_template', 'created_by_id', 'person.id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_template')),
    )
    op.create_index(
        'uq_answer_template_name', 'answer_template',
        [sa.text("coalesce(agency_id, '00000000-0000-0000-0000-000000000000')"), 'name'],
        unique=True, postgresql_where=sa.text('retired_at is null'),
    )
    op.create_table(
        'complaint_support',
        sa.Column('complaint_id', sa.Uuid(), nullable=False),
        sa.Column('supporter', sa.LargeBinary(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        _points_to('complaint_support', 'complaint_id', 'complaint.id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_support')),
        sa.UniqueConstraint('complaint_id', 'supporter', name='uq_complaint_support_once'),
    )
    op.create_table(
        'reopening_request',
        sa.Column('complaint_id', sa.Uuid(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by_id', sa.Uuid(), nullable=True),
        sa.Column('is_granted', sa.Boolean(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint('(decided_at is null) = (is_granted is null)',
                           name=op.f('ck_reopening_request_decided_or_not')),
        _points_to('reopening_request', 'complaint_id', 'complaint.id'),
        _points_to('reopening_request', 'message_id', 'message.id'),
        _points_to('reopening_request', 'decided_by_id', 'person.id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reopening_request')),
    )
    op.create_index('uq_reopening_request_open', 'reopening_request', ['complaint_id'], unique=True,
                    postgresql_where=sa.text('decided_at is null'))
    for statement in ANNOUNCE:
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute('drop function announce_case_presence() cascade')
    for table in ('reopening_request', 'complaint_support', 'answer_template', 'case_presence', 'ombudsman_consent',
                  'clock_basis'):
        op.drop_table(table)
    op.execute('update complaint_clock set announced_level = announced_level - 1 where announced_level > 0')
    op.drop_column('complaint_clock', 'pauses')
