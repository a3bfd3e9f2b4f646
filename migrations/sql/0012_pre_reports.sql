-- What reports are read from: a narrow row a request, additive sums of them, and the list of requests that changed.
create schema rep;

-- Requests that may look otherwise in reports now. Not unique by request: who notes a change never waits for another.
create table rep.changed (
    id bigint generated always as identity primary key,
    cons_id uuid not null
);

-- When the desk works, from the calendar of the settings: an instant t lies `before + least(seconds, t - opens)`
-- working seconds after the first row, of the last shift that opened before it.
create table rep.shifts (
    opens timestamptz primary key,
    seconds integer not null check (seconds > 0),
    before bigint not null unique
);

-- How soon clients are to be answered and requests closed, in working seconds; null: not promised.
create table rep.sla_policies (
    policy_id integer generated always as identity primary key,
    kind text not null check (kind in ('accounting', 'support')),
    -- null: every importance that has no row of its own
    importance smallint check (importance between 1 and 3),
    first_seconds integer check (first_seconds > 0),
    closing_seconds integer check (closing_seconds > 0),
    updated_at timestamptz not null default now(),
    constraint uq_sla_policies unique nulls not distinct (kind, importance)
);
insert into rep.sla_policies (kind, importance, first_seconds, closing_seconds) values
    ('accounting', null, 4 * 3600, 27 * 3600), ('support', null, 1800, 9 * 3600), ('support', 3, 900, 4 * 3600);

-- One request as reports see it. Times are working seconds; a sum and its count are zero where there is nothing.
create table rep.facts (
    cons_id uuid primary key,
    created_at timestamptz not null,
    day date not null,
    hour smallint not null,
    kind text not null,
    channel text not null,
    language text not null,
    category uuid not null,
    manager uuid not null,
    client_id uuid,
    -- the instant at which a promise that still holds will be broken
    due_at timestamptz,
    first_bucket smallint,
    answer_bucket smallint,
    closing_bucket smallint,
    n smallint not null,
    closed_n smallint not null,
    cancelled_n smallint not null,
    first_sum integer not null,
    first_n smallint not null,
    answer_sum integer not null,
    answer_n smallint not null,
    closing_sum integer not null,
    closing_n smallint not null,
    marks_sum integer not null,
    marks_n smallint not null,
    rated_n smallint not null,
    redates_n smallint not null,
    redated_n smallint not null,
    repeated_n smallint not null,
    first_met smallint not null,
    first_missed smallint not null,
    closing_met smallint not null,
    closing_missed smallint not null
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
create index ix_facts_day on rep.facts (day, hour);
create index ix_facts_manager on rep.facts (manager, day)
    include (kind, channel, language, category, first_bucket, answer_bucket, closing_bucket);
create index ix_facts_category on rep.facts (category, day)
    include (kind, channel, language, manager, first_bucket, answer_bucket, closing_bucket);
create index ix_facts_client on rep.facts (client_id, created_at);
create index ix_facts_due_at on rep.facts (due_at) where due_at is not null;

-- Sums of facts, one narrow table a question; `grain` d, w, m: `day` is a day, a Monday, the first of a month.
create table rep.sums (
    grain "char" not null, day date not null,
    n integer not null, closed_n integer not null, cancelled_n integer not null,
    first_sum bigint not null, first_n integer not null, answer_sum bigint not null, answer_n integer not null,
    closing_sum bigint not null, closing_n integer not null, marks_sum bigint not null, marks_n integer not null,
    rated_n integer not null, redates_n integer not null, redated_n integer not null, repeated_n integer not null,
    first_met integer not null, first_missed integer not null, closing_met integer not null,
    closing_missed integer not null
);
create table rep.by_cell (
    like rep.sums, kind text not null, channel text not null, language text not null,
    primary key (grain, day, kind, channel, language)
) with (fillfactor = 80);
create table rep.by_manager (
    like rep.sums, manager uuid not null, kind text not null, primary key (grain, day, manager, kind)
) with (fillfactor = 80);
create table rep.by_category (
    like rep.sums, category uuid not null, kind text not null, primary key (grain, day, category, kind)
) with (fillfactor = 80);
drop table rep.sums;

create table rep.by_hour (
    grain "char" not null, day date not null, weekday smallint not null, hour smallint not null, kind text not null,
    channel text not null, language text not null, n integer not null,
    primary key (grain, day, weekday, hour, kind, channel, language)
) with (fillfactor = 80);

-- Histograms of times: they add up, medians do not. Bounds of the buckets are in the code.
create table rep.by_bucket (
    grain "char" not null, day date not null, kind text not null, bucket smallint not null,
    first_n integer not null, answer_n integer not null, closing_n integer not null,
    primary key (grain, day, kind, bucket)
) with (fillfactor = 80);
create table rep.by_cell_bucket (
    grain "char" not null, day date not null, kind text not null, channel text not null, language text not null,
    bucket smallint not null, first_n integer not null, answer_n integer not null, closing_n integer not null,
    primary key (grain, day, kind, channel, language, bucket)
) with (fillfactor = 80);

-- Reports that are sent by themselves, and what became of each sending.
create table rep.schedules (
    schedule_id uuid primary key,
    report text not null,
    filters jsonb not null default '{}',
    -- the period before the day of sending that is reported
    period text not null check (period in ('day', 'week', 'month')),
    at time not null,
    format text not null check (format in ('xlsx', 'pdf', 'csv')),
    channel text not null check (channel in ('email', 'telegram')),
    recipient text not null check (length(recipient) between 1 and 200),
    language text not null check (language in ('uz', 'ru', 'en')),
    active boolean not null default true,
    created_by text not null,
    created_at timestamptz not null default now()
);
create table rep.sendings (
    -- a schedule, or the digest's name
    subject text not null,
    day date not null,
    state text not null default 'sending' check (state in ('sending', 'sent', 'later', 'failed', 'unknown')),
    attempts integer not null default 1,
    error text,
    at timestamptz not null default now(),
    primary key (subject, day)
);

-- ---------------------------------------------------------------- whoever changes a request notes it
create function rep.note_cons() returns trigger language plpgsql as
$$ begin
    if tg_op = 'UPDATE' then
        insert into rep.changed (cons_id) select n.cons_id from new_rows n join old_rows o using (cons_id)
        where (o.consultation_type, o.status, o.deleted, o.client_id, o.manager, o.importance, o.create_date,
               o.end_date, o.lang, o.online_question_cat, o.source, o.cl_ref_key)
            is distinct from (n.consultation_type, n.status, n.deleted, n.client_id, n.manager, n.importance,
               n.create_date, n.end_date, n.lang, n.online_question_cat, n.source, n.cl_ref_key);
    elsif tg_op = 'INSERT' then
        insert into rep.changed (cons_id) select cons_id from new_rows;
    else
        insert into rep.changed (cons_id) select cons_id from old_rows;
    end if;
    return null;
end $$;
create trigger reports_insert after insert on cons.cons referencing new table as new_rows
    for each statement execute function rep.note_cons();
create trigger reports_update after update on cons.cons referencing old table as old_rows new table as new_rows
    for each statement execute function rep.note_cons();
create trigger reports_delete after delete on cons.cons referencing old table as old_rows
    for each statement execute function rep.note_cons();

create function rep.note_message() returns trigger language plpgsql as
$$ begin
    insert into rep.changed (cons_id) select distinct cons_id from touched;
    return null;
end $$;
create trigger reports_insert after insert on cons.messages referencing new table as touched
    for each statement execute function rep.note_message();

-- Records of registers name a request by the key of its document, or by our own id while it has none.
create function rep.note_record() returns trigger language plpgsql as
$$ begin
    insert into rep.changed (cons_id)
    select c.cons_id from (select distinct cons_key from touched) t join cons.cons c on c.cl_ref_key = t.cons_key
    union select c.cons_id from (select distinct cons_key from touched) t join cons.cons c on c.cons_id = t.cons_key;
    return null;
end $$;
create trigger reports_insert after insert on cons.cons_redate referencing new table as touched
    for each statement execute function rep.note_record();
create trigger reports_update after update on cons.cons_redate referencing new table as touched
    for each statement execute function rep.note_record();
create trigger reports_delete after delete on cons.cons_redate referencing old table as touched
    for each statement execute function rep.note_record();
create trigger reports_insert after insert on cons.cons_rating_answers referencing new table as touched
    for each statement execute function rep.note_record();
create trigger reports_update after update on cons.cons_rating_answers referencing new table as touched
    for each statement execute function rep.note_record();
create trigger reports_delete after delete on cons.cons_rating_answers referencing old table as touched
    for each statement execute function rep.note_record();

insert into rep.changed (cons_id) select cons_id from cons.cons;
