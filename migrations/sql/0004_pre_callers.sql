-- Who calls: sessions of people, one-time links; and what clients need to be found and told to 1C.
create table sys.sessions (
    id uuid primary key,
    token_hash bytea not null unique,
    -- the token before the last rotation: valid until the new one was seen, and a moment longer
    former_hash bytea unique,
    former_until timestamptz,
    method text not null check (method in ('link', 'telegram', 'key')),
    role text not null check (role in ('client', 'manager', 'head', 'administrator', 'auditor')),
    subjects uuid[] not null default '{}',
    telegram_user_id bigint,
    -- a session of the staff ends with the key that it was opened with
    key_hash bytea references sys.api_keys (key_hash) on delete cascade,
    -- a class such as browser or phone: nothing by which a person is known
    agent text not null default 'other' check (agent in ('browser', 'phone', 'telegram', 'other')),
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    rotated_at timestamptz not null default now(),
    idle_seconds double precision not null check (idle_seconds > 0),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    check ((method = 'telegram') = (telegram_user_id is not null)),
    check ((method = 'key') = (key_hash is not null))
);
create index ix_sessions_telegram on sys.sessions (telegram_user_id) where telegram_user_id is not null;
create index ix_sessions_subjects on sys.sessions using gin (subjects);
create index ix_sessions_key_hash on sys.sessions (key_hash) where key_hash is not null;
create index ix_sessions_expires_at on sys.sessions (expires_at);

create table sys.links (
    token_hash bytea primary key,
    purpose text not null check (length(purpose) between 1 and 40),
    subject_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index ix_links_subject on sys.links (purpose, subject_id);
create index ix_links_expires_at on sys.links (expires_at);

-- The site knows clients by MD5 of e-mail, tax id and phone (domain.md §4.1); not unique, since 1C holds doubles.
create function cons.client_hash(email text, org_inn text, phone_number text) returns text
    language sql immutable parallel safe as
$$ select md5(nullif(concat_ws('|', 'email:' || nullif(lower(btrim(email)), ''), 'inn:' || nullif(btrim(org_inn), ''),
                               'phone:' || nullif(btrim(phone_number), '')), '')) $$;

alter table cons.clients
    -- what we want 1C to show and it has not confirmed yet, by column name
    add column wanted jsonb not null default '{}',
    add column client_id_hash text generated always as (cons.client_hash(email, org_inn, phone_number)) stored;
create index ix_clients_client_id_hash on cons.clients (client_id_hash) where client_id_hash is not null;
create index ix_clients_phone_digits on cons.clients (regexp_replace(phone_number, '\D', '', 'g'))
    where phone_number is not null;

-- A site that kept a hash finds its client after he changed his phone, too.
create table cons.client_hashes (
    hash text not null,
    client_id uuid not null references cons.clients (client_id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (hash, client_id)
);
create index ix_client_hashes_client_id on cons.client_hashes (client_id);

create function cons.remember_hash() returns trigger language plpgsql as
$$ begin
    insert into cons.client_hashes (hash, client_id) values (old.client_id_hash, old.client_id) on conflict do nothing;
    return null;
end $$;
create trigger clients_remember_hash after update on cons.clients for each row
    when (old.client_id_hash is not null and old.client_id_hash is distinct from new.client_id_hash)
    execute function cons.remember_hash();
