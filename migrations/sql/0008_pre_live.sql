-- Who has an open page now; of use for a minute only, so it is not logged.
create unlogged table sys.presence (
    client_id uuid primary key,
    until timestamptz not null
);
