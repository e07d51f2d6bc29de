"""attached files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Nobody could attach a file before, but a row that somebody made by hand has no bytes behind it.
DEFAULTS = {'audience': 'PARTIES', 'uploader_role': 'REPORTER', 'state': 'GONE', 'thumbnails': '[]', 'keeps_place': 'false', 'attempts': '0'}


def upgrade() -> None:
    """Go forward."""
    op.create_table('upload',
    sa.Column('secret_hash', sa.LargeBinary(), nullable=False),
    sa.Column('address_hash', sa.LargeBinary(), nullable=False),
    sa.Column('complaint_id', sa.Uuid(), nullable=True),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('declared_bytes', sa.Integer(), nullable=False),
    sa.Column('keeps_place', sa.Boolean(), nullable=False),
    sa.Column('storage_key', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('address_expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('adopted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('discarded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('declared_bytes > 0', name=op.f('ck_upload_size_positive')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_upload_complaint_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload')),
    sa.UniqueConstraint('address_hash', name=op.f('uq_upload_address_hash')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_upload_secret_hash')),
    sa.UniqueConstraint('storage_key', name=op.f('uq_upload_storage_key'))
    )
    op.create_index('ix_upload_waiting', 'upload', ['expires_at'], unique=False, postgresql_where=sa.text('adopted_at is null'))
    op.add_column('attachment', sa.Column('upload_id', sa.Uuid(), nullable=True))
    op.add_column('attachment', sa.Column('audience', sa.String(length=40), nullable=False, server_default=DEFAULTS['audience']))
    op.add_column('attachment', sa.Column('uploader_role', sa.String(length=40), nullable=False, server_default=DEFAULTS['uploader_role']))
    op.add_column('attachment', sa.Column('state', sa.String(length=40), nullable=False, server_default=DEFAULTS['state']))
    op.add_column('attachment', sa.Column('refusal', sa.String(length=40), nullable=True))
    op.add_column('attachment', sa.Column('alt_text', sa.Text(), nullable=True))
    op.add_column('attachment', sa.Column('original_media_type', sa.Text(), nullable=True))
    op.add_column('attachment', sa.Column('original_size_bytes', sa.Integer(), nullable=True))
    op.add_column('attachment', sa.Column('width', sa.Integer(), nullable=True))
    op.add_column('attachment', sa.Column('height', sa.Integer(), nullable=True))
    op.add_column('attachment', sa.Column('thumbnails', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=DEFAULTS['thumbnails']))
    op.add_column('attachment', sa.Column('keeps_place', sa.Boolean(), nullable=False, server_default=DEFAULTS['keeps_place']))
    op.add_column('attachment', sa.Column('storage_key', sa.Text(), nullable=True))
    op.add_column('attachment', sa.Column('attempts', sa.Integer(), nullable=False, server_default=DEFAULTS['attempts']))
    op.add_column('attachment', sa.Column('scanned_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('attachment', sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('attachment', sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))
    for column in DEFAULTS:
        op.alter_column('attachment', column, server_default=None)
    op.alter_column('attachment', 'sha256',
               existing_type=postgresql.BYTEA(),
               nullable=True)
    # A written image may be larger than the one that was brought; what may be brought is a setting.
    op.drop_constraint(op.f('ck_attachment_size_in_range'), 'attachment', type_='check')
    op.create_check_constraint(op.f('ck_attachment_size_positive'), 'attachment', 'size_bytes > 0')
    op.create_check_constraint(op.f('ck_attachment_refusal_told'), 'attachment', "(state = 'REFUSED') = (refusal is not null)")
    op.create_check_constraint(op.f('ck_attachment_ready_is_stored'), 'attachment', "state <> 'READY' or (sha256 is not null and storage_key is not null)")
    op.create_check_constraint(op.f('ck_attachment_audience'), 'attachment', "audience in ('INTERNAL', 'PARTIES', 'EVERYONE')")
    op.create_check_constraint(op.f('ck_attachment_attachmentstate'), 'attachment', "state in ('UPLOADED', 'QUARANTINED', 'READY', 'REFUSED', 'GONE')")
    op.create_check_constraint(op.f('ck_attachment_filerefusal'), 'attachment', "refusal in ('TYPE', 'SIZE', 'PIXELS', 'BROKEN', 'INFECTED', 'LOST')")
    op.create_check_constraint(op.f('ck_attachment_role'), 'attachment', "uploader_role in ('PUBLIC', 'TICKET', 'REPORTER', 'CHANNEL_OFFICER', 'UNIT_OFFICER', 'AGENCY_ADMIN', 'INSPECTORATE', 'HUB', 'NATIONAL_ADMIN', 'OVERSEER', 'AUDITOR', 'DATA_STAFF', 'SERVICE', 'SYSTEM')")
    op.create_index('ix_attachment_pending', 'attachment', ['created_at'], unique=False, postgresql_where=sa.text("state in ('UPLOADED', 'QUARANTINED')"))
    op.create_unique_constraint(op.f('uq_attachment_upload_id'), 'attachment', ['upload_id'])
    op.create_foreign_key(op.f('fk_attachment_upload_id'), 'attachment', 'upload', ['upload_id'], ['id'], ondelete='RESTRICT', initially='DEFERRED', deferrable=True)


def downgrade() -> None:
    """Take back. What was never processed has no fingerprint, and a row without one did not exist before."""
    op.drop_constraint(op.f('fk_attachment_upload_id'), 'attachment', type_='foreignkey')
    op.drop_constraint(op.f('uq_attachment_upload_id'), 'attachment', type_='unique')
    op.drop_index('ix_attachment_pending', table_name='attachment', postgresql_where=sa.text("state in ('UPLOADED', 'QUARANTINED')"))
    for name in ('size_positive', 'refusal_told', 'ready_is_stored', 'audience', 'attachmentstate', 'filerefusal', 'role'):
        op.drop_constraint(op.f(f'ck_attachment_{name}'), 'attachment', type_='check')
    op.execute("update attachment set sha256 = '' where sha256 is null")
    op.alter_column('attachment', 'sha256',
               existing_type=postgresql.BYTEA(),
               nullable=False)
    op.create_check_constraint(op.f('ck_attachment_size_in_range'), 'attachment', 'size_bytes between 1 and 5242880', postgresql_not_valid=True)
    for column in ('removed_at', 'processed_at', 'scanned_at', 'attempts', 'storage_key', 'keeps_place', 'thumbnails', 'height', 'width', 'original_size_bytes', 'original_media_type', 'alt_text', 'refusal', 'state', 'uploader_role', 'audience', 'upload_id'):
        op.drop_column('attachment', column)
    op.drop_index('ix_upload_waiting', table_name='upload', postgresql_where=sa.text('adopted_at is null'))
    op.drop_table('upload')
