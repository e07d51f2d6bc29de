"""what the classifier learns from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# Who let which version serve is written once, like the events of a complaint; a label is answered by a newer one.
WRITTEN_ONCE = ("classifier_release", "training_label")
GUARDS = (
    *(
        f"create trigger {table}_append_only before update or delete on {table} for each row"
        " execute function refuse_change()"
        for table in WRITTEN_ONCE
    ),
    *(
        f"create trigger {table}_no_truncate before truncate on {table} for each statement"
        " execute function refuse_change()"
        for table in WRITTEN_ONCE
    ),
    # Whoever watches a run hears that it moved; like the events, the id only.
    """
    create function announce_training_run() returns trigger language plpgsql as $$
    begin
        perform pg_notify('training_run', new.id::text);
        return null;
    end $$
    """,
    "create trigger training_run_announced after insert or update on training_run"
    " for each row execute function announce_training_run()",
)


def upgrade() -> None:
    """Go forward."""
    op.create_table('classifier_alarm',
    sa.Column('kind', sa.Enum('VERSION_REFUSED', 'DRIFT_WARNING', 'DRIFT', 'CORRECTIONS_RISE', 'RETRAIN_PROPOSED', name='alarmkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['acknowledged_by_id'], ['person.id'], name=op.f('fk_classifier_alarm_acknowledged_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_classifier_alarm'))
    )
    op.create_index('ix_classifier_alarm_raised', 'classifier_alarm', ['raised_at', 'id'], unique=False)
    op.create_index('uq_classifier_alarm_open', 'classifier_alarm', ['kind', 'subject'], unique=True, postgresql_where=sa.text('acknowledged_at is null'))
    op.create_table('dataset',
    sa.Column('recipe', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', name='jobstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=True),
    sa.Column('labels', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('fingerprint', sa.Text(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('requested_by_id', sa.Uuid(), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('check_requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['requested_by_id'], ['person.id'], name=op.f('fk_dataset_requested_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dataset'))
    )
    op.create_index('ix_dataset_requested', 'dataset', ['requested_at', 'id'], unique=False)
    op.create_table('history_example',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('agency', sa.Text(), nullable=True),
    sa.Column('report_type', sa.Text(), nullable=True),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('imported_by_id', sa.Uuid(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['imported_by_id'], ['person.id'], name=op.f('fk_history_example_imported_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history_example')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_history_example_source_external_id'))
    )
    op.create_index('ix_history_example_source', 'history_example', ['source', 'decided_on'], unique=False)
    op.create_table('training_label',
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=True),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('is_excluded', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('given_by_id', sa.Uuid(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('is_excluded or category_id is not null or agency_id is not null', name=op.f('ck_training_label_says_something')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_training_label_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_training_label_category_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_training_label_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['given_by_id'], ['person.id'], name=op.f('fk_training_label_given_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_label'))
    )
    op.create_index('ix_training_label_complaint', 'training_label', ['complaint_id', 'id'], unique=False)
    op.create_table('classifier_release',
    sa.Column('kind', sa.Enum('PROMOTED', 'OVERRULED', 'ROLLED_BACK', name='releasekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('previous_version_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('proposed_by_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_classifier_release_decided_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['previous_version_id'], ['classifier_version.id'], name=op.f('fk_classifier_release_previous_version_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['person.id'], name=op.f('fk_classifier_release_proposed_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['version_id'], ['classifier_version.id'], name=op.f('fk_classifier_release_version_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_classifier_release'))
    )
    op.create_index('ix_classifier_release_at', 'classifier_release', ['at', 'id'], unique=False)
    op.create_table('label_doubt',
    sa.Column('dataset_id', sa.Uuid(), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('example_id', sa.Text(), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('given_label', sa.Text(), nullable=False),
    sa.Column('likely_label', sa.Text(), nullable=True),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('reason', sa.Enum('MODEL_DISAGREES', 'NEAR_DUPLICATE_DISAGREES', 'PEOPLE_DISAGREE', name='doubtreason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('neighbours', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Enum('KEPT', 'CORRECTED', 'EXCLUDED', name='doubtoutcome', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_label_doubt_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_label_doubt_dataset_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['settled_by_id'], ['person.id'], name=op.f('fk_label_doubt_settled_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_doubt')),
    sa.UniqueConstraint('dataset_id', 'example_id', 'target', 'reason', name=op.f('uq_label_doubt_dataset_id_example_id_target_reason'))
    )
    op.create_index('ix_label_doubt_open', 'label_doubt', ['dataset_id', 'score', 'id'], unique=False, postgresql_where=sa.text('settled_at is null'))
    op.create_table('release_proposal',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('proposed_by_id', sa.Uuid(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('is_agreed', sa.Boolean(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('(decided_at is null) = (is_agreed is null)', name=op.f('ck_release_proposal_decided_is_answered')),
    sa.CheckConstraint('decided_by_id <> proposed_by_id', name=op.f('ck_release_proposal_two_people')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_release_proposal_decided_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['person.id'], name=op.f('fk_release_proposal_proposed_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['version_id'], ['classifier_version.id'], name=op.f('fk_release_proposal_version_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_release_proposal'))
    )
    op.create_index('uq_release_proposal_open', 'release_proposal', ['version_id'], unique=True, postgresql_where=sa.text('decided_at is null'))
    op.create_table('training_run',
    sa.Column('dataset_id', sa.Uuid(), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', name='jobstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('fraction', sa.Float(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=True),
    sa.Column('requested_by_id', sa.Uuid(), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heartbeat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_requested_by_id', sa.Uuid(), nullable=True),
    sa.Column('version_id', sa.Uuid(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('fraction between 0 and 1', name=op.f('ck_training_run_fraction_in_range')),
    sa.ForeignKeyConstraint(['cancel_requested_by_id'], ['person.id'], name=op.f('fk_training_run_cancel_requested_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['dataset_id'], ['dataset.id'], name=op.f('fk_training_run_dataset_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['requested_by_id'], ['person.id'], name=op.f('fk_training_run_requested_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['version_id'], ['classifier_version.id'], name=op.f('fk_training_run_version_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_run'))
    )
    op.create_index('ix_training_run_requested', 'training_run', ['requested_at', 'id'], unique=False)
    op.create_table('training_run_line',
    sa.Column('training_run_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['training_run_id'], ['training_run.id'], name=op.f('fk_training_run_line_training_run_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('training_run_id', 'number', name=op.f('pk_training_run_line'))
    )
    op.add_column('category', sa.Column('share', sa.Float(), nullable=True))
    op.add_column('classifier_version', sa.Column('gate', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('classifier_version', sa.Column('is_shadow', sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.alter_column('classifier_version', 'is_shadow', server_default=None)
    op.add_column('classifier_version', sa.Column('shadow_since', sa.DateTime(timezone=True), nullable=True))
    op.create_index('uq_classifier_version_shadow', 'classifier_version', ['is_shadow'], unique=True, postgresql_where=sa.text('is_shadow'))
    op.add_column('suggestion', sa.Column('urgencies', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False))
    op.alter_column('suggestion', 'urgencies', server_default=None)
    op.add_column('suggestion', sa.Column('screening', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False))
    op.alter_column('suggestion', 'screening', server_default=None)
    op.add_column('suggestion', sa.Column('is_shadow', sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.alter_column('suggestion', 'is_shadow', server_default=None)
    op.drop_index(op.f('ix_suggestion_classifier_version_id'), table_name='suggestion')
    op.create_index('ix_suggestion_decided', 'suggestion', ['decided_at'], unique=False, postgresql_where=sa.text('decided_at is not null'))
    op.create_index('ix_suggestion_version_at', 'suggestion', ['classifier_version_id', 'at'], unique=False)
    op.create_check_constraint(op.f('ck_classifier_version_shadow_is_not_active'), 'classifier_version', "not is_shadow or state <> 'ACTIVE'")

    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("drop function announce_training_run() cascade")
    op.drop_constraint(op.f('ck_classifier_version_shadow_is_not_active'), 'classifier_version', type_='check')
    op.drop_index('ix_suggestion_version_at', table_name='suggestion')
    op.drop_index('ix_suggestion_decided', table_name='suggestion', postgresql_where=sa.text('decided_at is not null'))
    op.create_index(op.f('ix_suggestion_classifier_version_id'), 'suggestion', ['classifier_version_id'], unique=False)
    op.drop_column('suggestion', 'is_shadow')
    op.drop_column('suggestion', 'screening')
    op.drop_column('suggestion', 'urgencies')
    op.drop_index('uq_classifier_version_shadow', table_name='classifier_version', postgresql_where=sa.text('is_shadow'))
    op.drop_column('classifier_version', 'shadow_since')
    op.drop_column('classifier_version', 'is_shadow')
    op.drop_column('classifier_version', 'gate')
    op.drop_column('category', 'share')
    op.drop_table('training_run_line')
    op.drop_index('ix_training_run_requested', table_name='training_run')
    op.drop_table('training_run')
    op.drop_index('uq_release_proposal_open', table_name='release_proposal', postgresql_where=sa.text('decided_at is null'))
    op.drop_table('release_proposal')
    op.drop_index('ix_label_doubt_open', table_name='label_doubt', postgresql_where=sa.text('settled_at is null'))
    op.drop_table('label_doubt')
    op.drop_index('ix_classifier_release_at', table_name='classifier_release')
    op.drop_table('classifier_release')
    op.drop_index('ix_training_label_complaint', table_name='training_label')
    op.drop_table('training_label')
    op.drop_index('ix_history_example_source', table_name='history_example')
    op.drop_table('history_example')
    op.drop_index('ix_dataset_requested', table_name='dataset')
    op.drop_table('dataset')
    op.drop_index('uq_classifier_alarm_open', table_name='classifier_alarm', postgresql_where=sa.text('acknowledged_at is null'))
    op.drop_index('ix_classifier_alarm_raised', table_name='classifier_alarm')
    op.drop_table('classifier_alarm')
