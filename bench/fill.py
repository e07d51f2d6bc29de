"""A database of many complaints, written by SQL in seconds: the size matters here, not the stories."""

import psycopg

# Every third complaint waits in a verification queue, half of these at the national desk; the others are
# dispatched. All have a text, a clock, three events and a suggestion. A few agencies hold most of them.
FILL = """
create temporary table some_agency as
    select id, row_number() over (order by is_in_seed desc, code) - 1 as n from agency
    where level <> 'UNIT' and valid_to is null;
create temporary table some_category as
    select id, row_number() over (order by code) - 1 as n from category where level = 2 and valid_to is null;
create temporary table made as
    select gen_random_uuid() as id, g, date_trunc('hour', now()) - g * interval '5 minutes' as at,
        a.id as agency, c.id as category
    from (
        select g, floor(power(random(), 3) * (select count(*) from some_agency)) as pick
        from generate_series(1, %(rows)s) g
    ) picked
    join some_agency a on a.n = pick
    join some_category c on c.n = g %% (select count(*) from some_category);

insert into complaint (id, tracking_code, status, version, report_type, classification, urgency, channel,
    is_anonymous, is_secret, tags, category_id, queue_agency_id, agency_id, hops, region_code,
    submitted_at, verified_at, dispatched_at, published_at, changed_at, due_at, closed_by_silence)
select id, 'BENCH-' || g, case when g %% 3 = 0 then 'UNVERIFIED' else 'DISPATCHED' end, 3, 'COMPLAINT',
    case when g %% 3 = 0 then null else 'ORDINARY' end, 'NORMAL', 'WEB', false, false, '{}', category,
    case when g %% 6 = 0 then null else agency end, agency, 0,
    '33.74', at, case when g %% 3 = 0 then null else at end, case when g %% 3 = 0 then null else at end,
    case when g %% 3 = 0 then null else at end, at, at + interval '5 days', false
from made;
insert into complaint_text (complaint_id, original_body, title, public_title, public_body)
select id, repeat('Jalan di depan rumah kami rusak dan belum diperbaiki. ', 6), 'Jalan Rusak di Depan Rumah',
    'Jalan Rusak di Depan Rumah', repeat('Jalan di depan rumah kami rusak dan belum diperbaiki. ', 6) from made;
insert into complaint_reporter (complaint_id) select id from made;
insert into complaint_ticket (complaint_id, failures) select id, 0 from made;
insert into complaint_clock (id, complaint_id, clock, rule_code, started_at, due_at, announced_level)
select gen_random_uuid(), id, case when g %% 3 = 0 then 'VERIFICATION' else 'FIRST_RESPONSE' end, 'BENCH', at,
    at + interval '5 days', 0 from made;
insert into complaint_event (id, complaint_id, seq, kind, status, audience, actor_role, at, data)
select gen_random_uuid(), id, s, 'Submitted', 'UNVERIFIED', 'EVERYONE', 'PUBLIC', at, '{}'
from made, generate_series(1, 3) s;
insert into suggestion (id, complaint_id, classifier_version_id, at, titles, categories, agencies, report_types,
    urgencies, screening, is_sure_of_category, is_sure_of_agency, is_shadow)
select gen_random_uuid(), id, (select id from classifier_version limit 1), at, array['Jalan Rusak', 'Jalan', 'Rusak'],
    jsonb_build_array(jsonb_build_object('id', category, 'label', 'PUPR', 'confidence', 0.8, 'words', words)),
    jsonb_build_array(jsonb_build_object('id', agency, 'label', 'PU', 'confidence', 0.8, 'words', words)),
    '[]', '[]', '[]', true, true, false from made, (select '["jalan"]'::jsonb as words) w;
"""


def fill(url: str, rows: int) -> None:
    """Add `rows` complaints to a migrated, seeded database with a registered classifier."""
    with psycopg.connect(url, autocommit=True) as connection:
        # Announcing each event to nobody would take longer than writing it.
        connection.execute("alter table complaint_event disable trigger complaint_event_announced")
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement, {"rows": rows})
        connection.execute("alter table complaint_event enable trigger complaint_event_announced")
        connection.execute("vacuum analyze")
