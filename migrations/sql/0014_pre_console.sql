-- Days that a person of the desk closed or opened again for a manager: 1C owns the register and is told.
create table cons.closing_wishes (
    wish_id uuid primary key,
    manager_key uuid not null,
    day date not null,
    closed boolean not null,
    -- while 1C has not taken it, what 1C shows of that day does not count
    sent_at timestamptz,
    asked_by text not null,
    asked_at timestamptz not null default now(),
    unique (manager_key, day)
);

-- How the worker found each partner, look by look: what the operations page draws.
create table log.partner_looks (
    id bigint generated always as identity primary key,
    system text not null check (system in ('onec', 'chatwoot')),
    at timestamptz not null default now(),
    answers boolean not null,
    millis integer not null,
    breaker text not null check (breaker in ('closed', 'half_open', 'open')),
    error text
);
create index ix_partner_looks_at on log.partner_looks (system, at);
