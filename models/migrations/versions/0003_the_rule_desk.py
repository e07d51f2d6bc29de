"""the rule desk."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# Who did what to the rules is written once.
GUARDS = (
    "create trigger rule_set_event_append_only before update or delete on rule_set_event for each row"
    " execute function refuse_change()",
    "create trigger rule_set_event_no_truncate before truncate on rule_set_event for each statement"
    " execute function refuse_change()",
    # What is active or was: a decision that names a rule must find it as it acted.
    """
    create function refuse_rule_change() returns trigger language plpgsql as $$
    begin
        if exists (
            select from rule_set
            where id in (old.rule_set_id, case when tg_op = 'UPDATE' then new.rule_set_id end)
              and state in ('ACTIVE', 'RETIRED')
        ) then
            raise exception 'a rule of an active set never changes' using errcode = 'restrict_violation';
        end if;
        return case when tg_op = 'DELETE' then old else new end;
    end $$
    """,
    "create trigger routing_rule_settled before update or delete on routing_rule for each row"
    " execute function refuse_rule_change()",
    # Whoever watches a replay hears that it moved: the id only.
    """
    create function announce_rule_replay() returns trigger language plpgsql as $$
    begin
        perform pg_notify('rule_replay', new.id::text);
        return null;
    end $$
    """,
    "create trigger rule_replay_announced after insert or update on rule_replay"
    " for each row execute function announce_rule_replay()",
)

_LISTS = {"regions": "region", "channels": "channel", "report_types": "reportType"}


def tree_of(flat: Mapping[str, Any]) -> dict[str, Any] | None:
    """The condition tree that means what a flat condition of the first rules meant; null for none."""
    tests: list[dict[str, Any]] = []
    for key in ("all", "any", "none"):
        phrases = [{"text": {"words": words}} for words in flat.get(key) or ()]
        tests += phrases if key == "all" else [{key: phrases}] if phrases else []
    if flat.get("categories"):
        asked = {"codes": flat["categories"]}
        if flat.get("min_confidence") is not None:
            asked["minConfidence"] = flat["min_confidence"]
        tests.append({"category": asked})
    tests += [{test: flat[key]} for key, test in _LISTS.items() if flat.get(key)]
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else {"all": tests}


def _convert_rules() -> None:
    connection = op.get_bind()
    # The reporter's choice, the classifier and the national desk are no rules any more but the stages around them.
    connection.execute(
        sa.text("delete from routing_rule where outcome ->> 'queue' in ('CHOSEN', 'CLASSIFIED')"
                " or kind = 'NATIONAL_DESK'")
    )
    rows = connection.execute(sa.text("select id, conditions from routing_rule")).all()
    for row_id, conditions in rows:
        tree = tree_of(conditions)
        connection.execute(
            sa.text("update routing_rule set conditions = cast(:tree as jsonb) where id = :id"),
            {"tree": None if tree is None else json.dumps(tree), "id": row_id},
        )


def upgrade() -> None:
    """Go forward."""
    op.create_table('rule_alarm',
    sa.Column('kind', sa.Enum('AGREEMENT_FELL', 'REFERENCE_ENDED', name='rulealarmkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['acknowledged_by_id'], ['person.id'], name=op.f('fk_rule_alarm_acknowledged_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_alarm'))
    )
    op.create_index('ix_rule_alarm_raised', 'rule_alarm', ['raised_at', 'id'], unique=False)
    op.create_index('uq_rule_alarm_open', 'rule_alarm', ['kind', 'rule_code'], unique=True, postgresql_where=sa.text('acknowledged_at is null'))
    op.create_table('special_mechanism',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('label_id', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('valid_to is null or valid_to > valid_from', name=op.f('ck_special_mechanism_validity_ordered')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_special_mechanism_created_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_special_mechanism')),
    sa.UniqueConstraint('code', name=op.f('uq_special_mechanism_code'))
    )
    op.create_table('rule_proposal',
    sa.Column('source', sa.Enum('PERSON', 'PAST_DECISIONS', 'ARBITRATION', name='proposalsource', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('state', sa.Enum('OPEN', 'ADOPTED', 'DISMISSED', name='proposalstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rule', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=True),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('support', sa.Integer(), nullable=True),
    sa.Column('precision', sa.Float(), nullable=True),
    sa.Column('proposed_by_id', sa.Uuid(), nullable=True),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_by_id', sa.Uuid(), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_reason', sa.Text(), nullable=True),
    sa.Column('rule_set_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_rule_proposal_agency_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_rule_proposal_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['person.id'], name=op.f('fk_rule_proposal_proposed_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_rule_proposal_rule_set_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['settled_by_id'], ['person.id'], name=op.f('fk_rule_proposal_settled_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_proposal')),
    sa.UniqueConstraint('source', 'fingerprint', name=op.f('uq_rule_proposal_source_fingerprint'))
    )
    op.create_index('ix_rule_proposal_state', 'rule_proposal', ['state', 'id'], unique=False)
    op.create_table('rule_replay',
    sa.Column('rule_set_id', sa.Uuid(), nullable=False),
    sa.Column('rule_set_version', sa.Integer(), nullable=False),
    sa.Column('against_id', sa.Uuid(), nullable=False),
    sa.Column('day_from', sa.Date(), nullable=True),
    sa.Column('day_to', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', name='jobstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('fraction', sa.Float(), nullable=False),
    sa.Column('complaints', sa.Integer(), nullable=True),
    sa.Column('requested_by_id', sa.Uuid(), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heartbeat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('fraction between 0 and 1', name=op.f('ck_rule_replay_fraction_in_range')),
    sa.ForeignKeyConstraint(['against_id'], ['rule_set.id'], name=op.f('fk_rule_replay_against_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['requested_by_id'], ['person.id'], name=op.f('fk_rule_replay_requested_by_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_rule_replay_rule_set_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_replay'))
    )
    op.create_index('ix_rule_replay_requested', 'rule_replay', ['requested_at', 'id'], unique=False)
    op.create_table('rule_set_event',
    sa.Column('rule_set_id', sa.Uuid(), nullable=False),
    sa.Column('step', sa.Enum('DRAFTED', 'RULE_PUT', 'RULE_REMOVED', 'POLICY_SET', 'IMPORTED', 'CHECKED', 'REOPENED', 'ACTIVATION_PROPOSED', 'ACTIVATION_DECLINED', 'ACTIVATED', 'RETIRED', 'DISCARDED', name='rulestep', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_rule_set_event_actor_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_rule_set_event_rule_set_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_set_event'))
    )
    op.create_index('ix_rule_set_event_set', 'rule_set_event', ['rule_set_id', 'id'], unique=False)
    op.create_table('rule_replay_move',
    sa.Column('rule_replay_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=False),
    sa.Column('from_agency', sa.Text(), nullable=True),
    sa.Column('to_agency', sa.Text(), nullable=True),
    sa.Column('from_rule', sa.Text(), nullable=True),
    sa.Column('to_rule', sa.Text(), nullable=True),
    sa.Column('decided_agency', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_rule_replay_move_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['rule_replay_id'], ['rule_replay.id'], name=op.f('fk_rule_replay_move_rule_replay_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('rule_replay_id', 'number', name=op.f('pk_rule_replay_move'))
    )
    op.create_index('ix_rule_replay_move_complaint', 'rule_replay_move', ['complaint_id'], unique=False)
    op.add_column('route_decision', sa.Column('path', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False))
    op.add_column('route_decision', sa.Column('flags', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False))
    op.add_column('route_decision', sa.Column('classifier_version_id', sa.Uuid(), nullable=True))
    op.create_index('ix_route_decision_rule', 'route_decision', ['rule_code', 'decided_at'], unique=False, postgresql_where=sa.text('rule_code is not null'))
    op.create_foreign_key(op.f('fk_route_decision_classifier_version_id'), 'route_decision', 'classifier_version', ['classifier_version_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)
    op.add_column('routing_rule', sa.Column('version', sa.Integer(), server_default='0', nullable=False))
    op.alter_column('routing_rule', 'conditions',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=True)
    op.drop_constraint(op.f('uq_routing_rule_rule_set_id_position'), 'routing_rule', type_='unique')
    op.create_index('ix_routing_rule_set', 'routing_rule', ['rule_set_id', 'position'], unique=False)
    op.create_unique_constraint(op.f('uq_routing_rule_rule_set_id_code'), 'routing_rule', ['rule_set_id', 'code'])
    _convert_rules()
    op.drop_column('routing_rule', 'kind')
    op.add_column('rule_set', sa.Column('version', sa.Integer(), server_default='0', nullable=False))
    op.add_column('rule_set', sa.Column('base_id', sa.Uuid(), nullable=True))
    op.add_column('rule_set', sa.Column('classifier', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('rule_set', sa.Column('created_by_id', sa.Uuid(), nullable=True))
    op.add_column('rule_set', sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('rule_set', sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('rule_set', sa.Column('proposed_by_id', sa.Uuid(), nullable=True))
    op.add_column('rule_set', sa.Column('agreed_by_id', sa.Uuid(), nullable=True))
    op.add_column('rule_set', sa.Column('effective_from', sa.DateTime(timezone=True), nullable=True))
    op.add_column('rule_set', sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f('ck_rule_set_state_known'), 'rule_set', type_='check')
    op.alter_column('rule_set', 'state', existing_type=sa.Text(), type_=sa.String(length=40), existing_nullable=False)
    op.create_check_constraint(op.f('ck_rule_set_rulesetstate'), 'rule_set', "state in ('DRAFT', 'CHECKED', 'ACTIVE', 'RETIRED', 'DISCARDED')")
    op.create_check_constraint(op.f('ck_rule_set_two_people'), 'rule_set', 'agreed_by_id <> proposed_by_id')
    op.create_foreign_key(op.f('fk_rule_set_agreed_by_id'), 'rule_set', 'person', ['agreed_by_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)
    op.create_foreign_key(op.f('fk_rule_set_proposed_by_id'), 'rule_set', 'person', ['proposed_by_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)
    op.create_foreign_key(op.f('fk_rule_set_created_by_id'), 'rule_set', 'person', ['created_by_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)
    op.create_foreign_key(op.f('fk_rule_set_base_id'), 'rule_set', 'rule_set', ['base_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)

    # The defaults were for the rows that are there; new ones say it themselves.
    for table, column in (
        ('route_decision', 'path'), ('route_decision', 'flags'), ('routing_rule', 'version'),
        ('rule_set', 'version'), ('rule_set', 'classifier'),
    ):
        op.alter_column(table, column, server_default=None)
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    """Take back. What the first rules could not say stays in the rows and is read by nobody."""
    op.execute("drop function announce_rule_replay() cascade")
    op.execute("drop function refuse_rule_change() cascade")
    op.drop_constraint(op.f('fk_rule_set_base_id'), 'rule_set', type_='foreignkey')
    op.drop_constraint(op.f('fk_rule_set_created_by_id'), 'rule_set', type_='foreignkey')
    op.drop_constraint(op.f('fk_rule_set_proposed_by_id'), 'rule_set', type_='foreignkey')
    op.drop_constraint(op.f('fk_rule_set_agreed_by_id'), 'rule_set', type_='foreignkey')
    op.drop_constraint(op.f('ck_rule_set_two_people'), 'rule_set', type_='check')
    op.drop_constraint(op.f('ck_rule_set_rulesetstate'), 'rule_set', type_='check')
    op.alter_column('rule_set', 'state', existing_type=sa.String(length=40), type_=sa.Text(), existing_nullable=False)
    op.create_check_constraint(op.f('ck_rule_set_state_known'), 'rule_set', "state in ('DRAFT', 'ACTIVE', 'RETIRED')")
    op.drop_column('rule_set', 'retired_at')
    op.drop_column('rule_set', 'effective_from')
    op.drop_column('rule_set', 'agreed_by_id')
    op.drop_column('rule_set', 'proposed_by_id')
    op.drop_column('rule_set', 'proposed_at')
    op.drop_column('rule_set', 'checked_at')
    op.drop_column('rule_set', 'created_by_id')
    op.drop_column('rule_set', 'classifier')
    op.drop_column('rule_set', 'base_id')
    op.drop_column('rule_set', 'version')
    op.add_column('routing_rule', sa.Column('kind', sa.String(length=40), server_default='KEYWORD_TAG', nullable=False))
    op.drop_constraint(op.f('uq_routing_rule_rule_set_id_code'), 'routing_rule', type_='unique')
    op.drop_index('ix_routing_rule_set', table_name='routing_rule')
    op.create_unique_constraint(op.f('uq_routing_rule_rule_set_id_position'), 'routing_rule', ['rule_set_id', 'position'], postgresql_nulls_not_distinct=False)
    op.execute("update routing_rule set conditions = '{}' where conditions is null")
    op.alter_column('routing_rule', 'conditions',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=False)
    op.drop_column('routing_rule', 'version')
    op.drop_constraint(op.f('fk_route_decision_classifier_version_id'), 'route_decision', type_='foreignkey')
    op.drop_index('ix_route_decision_rule', table_name='route_decision', postgresql_where=sa.text('rule_code is not null'))
    op.drop_column('route_decision', 'classifier_version_id')
    op.drop_column('route_decision', 'flags')
    op.drop_column('route_decision', 'path')
    op.drop_index('ix_rule_replay_move_complaint', table_name='rule_replay_move')
    op.drop_table('rule_replay_move')
    op.drop_index('ix_rule_set_event_set', table_name='rule_set_event')
    op.drop_table('rule_set_event')
    op.drop_index('ix_rule_replay_requested', table_name='rule_replay')
    op.drop_table('rule_replay')
    op.drop_index('ix_rule_proposal_state', table_name='rule_proposal')
    op.drop_table('rule_proposal')
    op.drop_table('special_mechanism')
    op.drop_index('uq_rule_alarm_open', table_name='rule_alarm', postgresql_where=sa.text('acknowledged_at is null'))
    op.drop_index('ix_rule_alarm_raised', table_name='rule_alarm')
    op.drop_table('rule_alarm')
