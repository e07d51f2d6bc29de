"""Complaints with whole lives, written by SQL: ten events each on average, clocks, suggestions and ratings.

A thousand a day up to now, as the country files them (domain notes, 6.3): seven hundred agencies and fifteen hundred
units, a few of which hold most of it; one in eight is archived, one in thirty comes back, the newest are open.
"""

import psycopg

LIVES = """
insert into agency (id, code, name, short_name, level, connection, aliases, is_in_seed)
select gen_random_uuid(), 'BENCH' || g, 'Instansi ' || g, 'I' || g, 'REGENCY', 'FULL', '{}', false
from generate_series(1, 600) g;
insert into agency (id, code, name, short_name, level, connection, parent_id, aliases, is_in_seed)
select gen_random_uuid(), code || '.UNIT' || g, 'Unit ' || g, 'U' || g, 'UNIT', 'FULL', id, '{}', false
from agency, generate_series(1, 2) g where level <> 'UNIT' and valid_to is null;
create temporary table some_agency as
    select id, array(select id from agency u where u.parent_id = a.id and u.level = 'UNIT') as units,
        row_number() over (order by is_in_seed desc, code) - 1 as n
    from agency a where level <> 'UNIT' and valid_to is null;
create temporary table some_category as
    select id, row_number() over (order by md5(code)) - 1 as n from category where valid_to is null;
create temporary table life as
select uuidv7(at - now()) as id, g, at, a.id as agency,
    a.units[1 + g %% cardinality(a.units)] as unit, c.id as category,
    (31 + g * 7 %% 20) || '.' || lpad((71 + g * 13 %% 9)::text, 2, '0') as region,
    -- Hours from receipt to verification, first answer and end.
    2 + 100 * power(random(), 2) as verified, 10 + 200 * power(random(), 2) as answered,
    250 + 400 * power(random(), 3) as ended,
    random() < 0.125 as is_archived, random() < 0.03 as is_returned, random() < 0.03 as is_reopened,
    random() < 0.4 as is_silent, random() < 0.3 as is_rated, random() < 0.04 as is_stuck, random() as luck
from (
    select g, now() - g * interval '86.4 seconds' as at,
        floor(power(random(), 3) * (select count(*) from some_agency)) as pick,
        floor(power(random(), 2) * (select count(*) from some_category)) as topic
    from generate_series(1, %(rows)s) g
) drawn
join some_agency a on a.n = pick
join some_category c on c.n = topic
order by g desc;
alter table life add primary key (id);
analyze life;
create temporary table step as
select id, seq, kind, status, at + hours * interval '1 hour' as at from life cross join lateral (values
    (1, 'Submitted', 'UNVERIFIED', 0, true),
    (2, 'Suggested', 'UNVERIFIED', 0, true),
    (3, 'Routed', 'UNVERIFIED', 0, true),
    (4, 'Archived', 'ARCHIVED', verified, is_archived),
    (4, 'Verified', 'VERIFIED', verified, not is_archived),
    (5, 'Dispatched', 'DISPATCHED', verified, not is_archived),
    (6, 'Returned', 'UNVERIFIED', verified + 1, not is_archived and is_returned),
    (7, 'Verified', 'VERIFIED', verified + 5, not is_archived and is_returned),
    (8, 'Dispatched', 'DISPATCHED', verified + 5, not is_archived and is_returned),
    (9, 'Noted', 'DISPATCHED', verified + 6, not is_archived),
    (10, 'FollowedUp', 'IN_PROGRESS', verified + answered, not is_archived and not is_stuck),
    (11, 'Noted', 'IN_PROGRESS', verified + answered + 1, not is_archived and not is_stuck),
    (12, 'Replied', 'IN_PROGRESS', verified + answered + 2, not is_archived and not is_stuck),
    (13, 'FollowedUp', 'IN_PROGRESS', verified + answered + 3, not is_archived and not is_stuck),
    (14, 'Noted', 'IN_PROGRESS', verified + answered + 4, not is_archived and not is_stuck),
    (15, 'Closed', 'CLOSED', verified + ended, not is_archived and not is_stuck),
    (16, 'Reopened', 'IN_PROGRESS', verified + ended + 50, not is_archived and not is_stuck and is_reopened),
    (17, 'Closed', 'CLOSED', verified + ended + 90, not is_archived and not is_stuck and is_reopened),
    (18, 'Rated', 'CLOSED', verified + ended + 100, not is_archived and not is_stuck and is_rated)
) s (seq, kind, status, hours, happens)
where happens and at + hours * interval '1 hour' < now();
create temporary table so_far as
select l.*, s.last_at, s.status, s.seq, s.verified_at, s.sent_at, s.answered_at, s.closed_at, s.rated_at
from life l join (
    select id, max(at) as last_at, (array_agg(status order by seq desc))[1] as status, max(seq) as seq,
        max(at) filter (where kind = 'Verified') as verified_at, max(at) filter (where kind = 'Dispatched') as sent_at,
        min(at) filter (where kind = 'FollowedUp') as answered_at, max(at) filter (where kind = 'Closed') as closed_at,
        max(at) filter (where kind = 'Rated') as rated_at
    from step group by id
) s using (id);
insert into complaint (id, tracking_code, status, version, report_type, classification, urgency, channel,
    is_anonymous, is_secret, tags, category_id, queue_agency_id, agency_id, unit_id, hops, region_code, submitted_at,
    verified_at, dispatched_at, responded_at, closed_at, published_at, changed_at, due_at, archive_reason,
    closed_by_silence, rating, is_solved)
select id, 'BENCH-' || g, status, seq, (array['COMPLAINT', 'COMPLAINT', 'COMPLAINT', 'ASPIRATION'])[1 + g %% 4],
    'ORDINARY', 'NORMAL', (array['WEB', 'WEB', 'ANDROID', 'SMS', 'WHATSAPP'])[1 + g %% 5], false, g %% 20 = 0, '{}',
    category, agency, case when sent_at is not null then agency end, case when sent_at is not null then unit end,
    is_returned::int, region, at, verified_at, sent_at, answered_at,
    case when status = 'CLOSED' then closed_at end, sent_at, last_at,
    case when status not in ('CLOSED', 'ARCHIVED') then at + interval '20 days' end,
    case when status = 'ARCHIVED' then 'TIDAK_JELAS' end,
    status = 'CLOSED' and is_silent, case when rated_at is not null then 1 + g %% 5 end,
    case when rated_at is not null then g %% 5 > 1 end
from so_far;
insert into complaint_event (id, complaint_id, seq, kind, status, audience, actor_role, at, data)
select uuidv7(at - now()), id, seq, kind, status, 'PARTIES', 'SYSTEM', at,
    case when kind = 'Returned'
        then jsonb_build_object('from_agency_id', (select agency from life l where l.id = step.id)) else '{}' end
from step;
insert into complaint_clock (id, complaint_id, clock, rule_code, started_at, due_at, stopped_at, announced_level)
select uuidv7(started - now()), id, clock, 'BENCH', started, started + days * interval '1 day', stopped, 0
from so_far cross join lateral (values
    ('VERIFICATION', at, 4, coalesce(sent_at, case when status = 'ARCHIVED' then last_at end), true),
    ('FIRST_RESPONSE', sent_at, 7, answered_at, sent_at is not null),
    ('COMPLETION', sent_at, 20, closed_at, sent_at is not null)
) c (clock, started, days, stopped, runs) where runs;
insert into suggestion (id, complaint_id, classifier_version_id, at, titles, categories, agencies, report_types,
    urgencies, screening, is_sure_of_category, is_sure_of_agency, is_shadow, decided_at, chosen_category_id,
    chosen_agency_id, title_rank, category_rank, agency_rank)
select gen_random_uuid(), id, (select id from classifier_version limit 1), at, '{}', '[]', '[]', '[]', '[]', '[]', true,
    true, false, verified_at, category, agency, case when luck < 0.5 then 1 end, case when luck < 0.7 then 1 end,
    case when luck < 0.8 then 1 end
from so_far where verified_at is not null;
"""


def fill_lives(url: str, rows: int) -> None:
    """Add `rows` complaints with their lives to a migrated, seeded database with a registered classifier."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        connection.execute("set work_mem = '256MB'")
        for statement in LIVES.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode(), {"rows": rows})
        connection.execute("analyze")
        connection.execute("select count_all_complaints()")
        connection.execute("set vacuum_buffer_usage_limit = '128MB'")
        connection.execute("vacuum analyze")
