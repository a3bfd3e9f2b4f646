-- Live pages: every event is told to whoever listens, with its commit and from whichever process made it.
create function log.tell_live() returns trigger language plpgsql as $$
declare part text;
begin
    -- A notification holds 8000 bytes at most: 120 events of 57 are well below it.
    for part in
        select string_agg(x.line, ',') from (
            select n.id || ':' || n.cons_id as line, (row_number() over (order by n.id) - 1) / 120 as chunk
            from added n where n.cons_id is not null) x
        group by x.chunk order by x.chunk
    loop
        perform pg_notify('clobus_live', part);
    end loop;
    return null;
end $$;
create trigger events_tell_live after insert on log.events
    referencing new table as added for each statement execute function log.tell_live();

-- Who has an open page now; of use for a minute only, so it is not logged.
create unlogged table sys.presence (
    client_id uuid primary key,
    until timestamptz not null
);
