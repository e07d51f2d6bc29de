"""refused files are told."""

from alembic import op
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

KINDS = (
    'RECEIVED', 'ACCEPTED', 'QUESTION', 'ANSWERED', 'CLOSED', 'REOPENED', 'ARCHIVED', 'RESTORED', 'MERGED',
    'UNMERGED', 'REPLY_AWAITED', 'COMPLETION_AWAITED', 'REOPENING_REFUSED', 'CONSENT_ASKED', 'NEW_IN_QUEUE',
    'DISPATCHED_TO_YOU', 'COPIED', 'RETURNED', 'REPORTER_REPLIED', 'CASE_REOPENED', 'REOPENING_ASKED',
    'TAKEOVER_AGREED', 'REMINDER', 'ESCALATED', 'WEBHOOK_DISABLED',
)
TABLES = ('notification', 'notification_preference')


def _allow(kinds: tuple[str, ...]) -> None:
    for table in TABLES:
        name = op.f(f'ck_{table}_notificationkind')
        op.drop_constraint(name, table, type_='check')
        op.create_check_constraint(name, table, f'kind in {kinds}')


def upgrade() -> None:
    """Apply."""
    _allow((*KINDS, 'FILE_REFUSED'))


def downgrade() -> None:
    """Take back; what was told of refused files is forgotten."""
    for table in TABLES:
        op.execute(f"delete from {table} where kind = 'FILE_REFUSED'")
    _allow(KINDS)
