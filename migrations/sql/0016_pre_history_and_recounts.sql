-- When the desk first answered in conversations that were over or under way before their messages were read here: what
-- Chatwoot says of it. What was read message by message is more exact, and comes first (modules/reports/facts.py).
create table cons.first_replies (
    cons_id uuid primary key references cons.cons (cons_id) on delete cascade,
    at timestamptz not null
);
create trigger reports_insert after insert on cons.first_replies referencing new table as touched
    for each statement execute function rep.note_message();

-- A schedule counts from when it was made, or made to go at another time: what was due before is not sent late.
alter table rep.schedules add column counts_from timestamptz;
update rep.schedules set counts_from = created_at;
alter table rep.schedules alter column counts_from set not null, alter column counts_from set default now();

-- Promises were changed: how far all requests have been noted to be counted anew, in the order of their ids. One row.
create table rep.recount (
    single boolean primary key default true check (single),
    asked_by text not null,
    asked_at timestamptz not null default now(),
    -- up to here they are noted
    after uuid,
    total bigint,
    done bigint not null default 0,
    finished_at timestamptz
);
