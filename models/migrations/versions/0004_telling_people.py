"""telling people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# The id of whom it is about and nothing else: listeners read the rows through their own policy.
GUARDS = (
    """
    create function announce_notification() returns trigger language plpgsql as $$
    begin
        perform pg_notify('notification', new.person_id::text);
        return null;
    end $$
    """,
    "create trigger notification_announced after insert or update of read_at on notification"
    " for each row execute function announce_notification()",
)


def upgrade() -> None:
    """Go forward."""
    op.create_table('notification_address',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('email_encrypted', sa.LargeBinary(), nullable=True),
    sa.Column('language', sa.Enum('id', 'en', name='language', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notification_address_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_notification_address'))
    )
    op.create_table('notification_preference',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('RECEIVED', 'ACCEPTED', 'QUESTION', 'ANSWERED', 'CLOSED', 'REOPENED', 'ARCHIVED', 'RESTORED', 'MERGED', 'UNMERGED', 'REPLY_AWAITED', 'COMPLETION_AWAITED', 'REOPENING_REFUSED', 'CONSENT_ASKED', 'NEW_IN_QUEUE', 'DISPATCHED_TO_YOU', 'COPIED', 'RETURNED', 'REPORTER_REPLIED', 'CASE_REOPENED', 'REOPENING_ASKED', 'TAKEOVER_AGREED', 'REMINDER', 'ESCALATED', 'WEBHOOK_DISABLED', name='notificationkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('medium', sa.Enum('IN_APP', 'EMAIL', 'WEBHOOK', name='medium', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.CheckConstraint("medium <> 'WEBHOOK'", name=op.f('ck_notification_preference_medium_reaches_people')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notification_preference_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id', 'kind', 'medium', name=op.f('pk_notification_preference'))
    )
    op.create_table('webhook',
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('secret_encrypted', sa.LargeBinary(), nullable=False),
    sa.Column('previous_secret_encrypted', sa.LargeBinary(), nullable=True),
    sa.Column('rotated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('types', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('dead_in_a_row', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_reason', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_webhook_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_webhook_created_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook'))
    )
    op.create_index(op.f('ix_webhook_agency_id'), 'webhook', ['agency_id'], unique=False)
    op.create_table('delivery',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('medium', sa.Enum('IN_APP', 'EMAIL', 'WEBHOOK', name='medium', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('event_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('to_reporter', sa.Boolean(), nullable=False),
    sa.Column('webhook_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('QUEUED', 'SENDING', 'SENT', 'FAILED', 'DEAD', 'SKIPPED', name='deliverystate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("(medium = 'WEBHOOK') = (webhook_id is not null)", name=op.f('ck_delivery_webhook_has_endpoint')),
    sa.CheckConstraint("(state = 'SENDING') = (lease_until is not null)", name=op.f('ck_delivery_sending_has_lease')),
    sa.CheckConstraint("medium <> 'IN_APP'", name=op.f('ck_delivery_medium_goes_outside')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_delivery_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['event_id'], ['complaint_event.id'], name=op.f('fk_delivery_event_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_delivery_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], name=op.f('fk_delivery_webhook_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('key', name=op.f('uq_delivery_key'))
    )
    op.create_index('ix_delivery_created', 'delivery', ['created_at', 'id'], unique=False)
    op.create_index('ix_delivery_open', 'delivery', ['next_attempt_at', 'id'], unique=False, postgresql_where=sa.text("state in ('QUEUED', 'SENDING', 'FAILED')"))
    op.create_index('ix_delivery_state', 'delivery', ['state', 'created_at', 'id'], unique=False)
    op.create_index('ix_delivery_webhook', 'delivery', ['webhook_id', 'created_at', 'id'], unique=False, postgresql_where=sa.text('webhook_id is not null'))
    op.create_table('notification',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('RECEIVED', 'ACCEPTED', 'QUESTION', 'ANSWERED', 'CLOSED', 'REOPENED', 'ARCHIVED', 'RESTORED', 'MERGED', 'UNMERGED', 'REPLY_AWAITED', 'COMPLETION_AWAITED', 'REOPENING_REFUSED', 'CONSENT_ASKED', 'NEW_IN_QUEUE', 'DISPATCHED_TO_YOU', 'COPIED', 'RETURNED', 'REPORTER_REPLIED', 'CASE_REOPENED', 'REOPENING_ASKED', 'TAKEOVER_AGREED', 'REMINDER', 'ESCALATED', 'WEBHOOK_DISABLED', name='notificationkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('event_id', sa.Uuid(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_notification_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['event_id'], ['complaint_event.id'], name=op.f('fk_notification_event_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notification_person_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('event_id', 'person_id', name=op.f('uq_notification_event_id_person_id'))
    )
    op.create_index('ix_notification_person', 'notification', ['person_id', 'at', 'id'], unique=False)
    op.create_index('ix_notification_unread', 'notification', ['person_id'], unique=False, postgresql_where=sa.text('read_at is null'))
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("drop function announce_notification() cascade")
    op.drop_index('ix_notification_unread', table_name='notification', postgresql_where=sa.text('read_at is null'))
    op.drop_index('ix_notification_person', table_name='notification')
    op.drop_table('notification')
    op.drop_index('ix_delivery_webhook', table_name='delivery', postgresql_where=sa.text('webhook_id is not null'))
    op.drop_index('ix_delivery_state', table_name='delivery')
    op.drop_index('ix_delivery_open', table_name='delivery', postgresql_where=sa.text("state in ('QUEUED', 'SENDING', 'FAILED')"))
    op.drop_index('ix_delivery_created', table_name='delivery')
    op.drop_table('delivery')
    op.drop_index(op.f('ix_webhook_agency_id'), table_name='webhook')
    op.drop_table('webhook')
    op.drop_table('notification_preference')
    op.drop_table('notification_address')
