"""similar complaints and search."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

# What narrows a search inside the index: a copy of the case's codes, kept by the database because every verb, tier and
# import changes them somewhere. It may only ever leave out what policy leaves out as well.
KEYS = (
    """
    create function complaint_keys(of_id uuid) returns text[] language sql stable as $$
        select coalesce(array_agg(distinct found.key), '{}')
        from complaint c
        cross join lateral (
            select 's:' || c.status as key
            union all select 'p:' || p from unnest(array[c.queue_agency_id, c.agency_id, c.unit_id]) p
            union all select 'p:' || agency_id from complaint_copy where complaint_id = c.id
            union all select 'a:' || c.agency_id
            union all select 'i:' || c.unit_id
            union all select 'c:' || c.category_id
            union all select 'u:' || c.urgency
            union all select 'h:' || c.channel
            union all select 'k:' || c.classification
            union all select 't:' || t from unnest(c.tags) t
            union all
                select 'r:' || array_to_string(parts[1:depth], '.')
                from (select string_to_array(c.region_code, '.') as parts) region
                cross join generate_series(1, cardinality(parts)) depth
        ) found
        where c.id = of_id and found.key is not null
    $$
    """,
    """
    create function keep_complaint_keys() returns trigger language plpgsql as $$
    begin
        if tg_table_name = 'complaint_words' then
            new.keys := complaint_keys(new.complaint_id);
            return new;
        elsif tg_table_name = 'complaint_copy' then
            update complaint_words set keys = complaint_keys(complaint_id)
            where complaint_id = case when tg_op = 'DELETE' then old.complaint_id else new.complaint_id end;
        else
            update complaint_words set keys = complaint_keys(complaint_id) where complaint_id = new.id;
        end if;
        return null;
    end $$
    """,
    "create trigger complaint_words_keyed before insert on complaint_words"
    " for each row execute function keep_complaint_keys()",
    "create trigger complaint_copy_keyed after insert or delete on complaint_copy"
    " for each row execute function keep_complaint_keys()",
    "create trigger complaint_keyed after update of status, queue_agency_id, agency_id, unit_id, category_id, urgency,"
    " channel, classification, tags, region_code on complaint for each row execute function keep_complaint_keys()",
)


def upgrade() -> None:
    """Go forward."""
    op.add_column('complaint', sa.Column('merged_into_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f('fk_complaint_merged_into_id'), 'complaint', 'complaint', ['merged_into_id'], ['id'],
        ondelete='RESTRICT', initially='DEFERRED', deferrable=True,
    )
    op.create_index(
        'ix_complaint_merged', 'complaint', ['merged_into_id', 'id'],
        postgresql_where=sa.text('merged_into_id is not null'),
    )
    op.create_table(
        'complaint_words',
        sa.Column('complaint_id', sa.Uuid(), nullable=False),
        sa.Column('words', postgresql.TSVECTOR(), nullable=False),
        sa.Column('public_words', postgresql.TSVECTOR(), nullable=True),
        sa.Column('keys', sa.ARRAY(sa.Text()), nullable=False),
        sa.Column('method', sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_words_complaint_id'),
                                ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
        sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_words')),
    )
    op.create_index('ix_complaint_words_all', 'complaint_words', ['words', 'keys'], postgresql_using='gin',
                    postgresql_with={'gin_pending_list_limit': 256})
    op.create_index('ix_complaint_words_public', 'complaint_words', ['public_words', 'keys'], postgresql_using='gin',
                    postgresql_with={'gin_pending_list_limit': 256},
                    postgresql_where=sa.text('public_words is not null'))
    op.create_index('ix_complaint_words_method', 'complaint_words', ['method', 'complaint_id'])
    op.create_table(
        'word_frequency',
        sa.Column('stem', sa.Text(), nullable=False),
        sa.Column('share', sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint('stem', name=op.f('pk_word_frequency')),
    )
    op.create_table(
        'complaint_merge',
        sa.Column('child_id', sa.Uuid(), nullable=False),
        sa.Column('parent_id', sa.Uuid(), nullable=False),
        sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('merged_by_id', sa.Uuid(), nullable=True),
        sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('moved_with_id', sa.Uuid(), nullable=True),
        sa.Column('paused_clock_ids', sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint('child_id <> parent_id', name=op.f('ck_complaint_merge_not_into_itself')),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f'fk_complaint_merge_{column}'),
                                    ondelete='RESTRICT', initially='DEFERRED', deferrable=True)
            for column, target in (
                ('child_id', 'complaint.id'), ('parent_id', 'complaint.id'), ('merged_by_id', 'person.id'),
                ('moved_with_id', 'complaint.id'),
            )
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_merge')),
    )
    op.create_index('uq_complaint_merge_open', 'complaint_merge', ['child_id'], unique=True,
                    postgresql_where=sa.text('undone_at is null'))
    op.create_index('ix_complaint_merge_parent', 'complaint_merge', ['parent_id'],
                    postgresql_where=sa.text('undone_at is null'))
    op.create_table(
        'saved_view',
        sa.Column('person_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('filter', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_saved_view_person_id'),
                                ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
        sa.UniqueConstraint('person_id', 'name', name='uq_saved_view_name'),
    )
    for statement in KEYS:
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute('drop function keep_complaint_keys() cascade')
    op.execute('drop function complaint_keys(uuid)')
    for table in ('saved_view', 'complaint_merge', 'word_frequency', 'complaint_words'):
        op.drop_table(table)
    op.drop_index('ix_complaint_merged', table_name='complaint')
    op.drop_constraint(op.f('fk_complaint_merged_into_id'), 'complaint', type_='foreignkey')
    op.drop_column('complaint', 'merged_into_id')
