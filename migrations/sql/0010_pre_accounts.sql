-- People who sign in by themselves, the organisations they act for, and what they did.
create schema cab;

create table cab.people (
    person_id uuid primary key,
    -- both are here only when they were proved; in lower case, in E.164
    email text unique check (email = lower(email) and length(email) <= 254),
    phone_number text unique,
    name text not null check (name <> '' and length(name) <= 200),
    language text not null default 'ru' check (language in ('uz', 'ru', 'en')),
    password_hash text,
    telegram_user_id bigint unique,
    -- whom an OpenID provider names so: issuer and subject
    oidc_issuer text,
    oidc_subject text,
    -- of the platform's staff; null is a client's person
    role text check (role in ('manager', 'head', 'administrator', 'auditor')),
    -- which user of 1C he is, when he is one
    account_id uuid unique references cons.users (account_id) on delete set null,
    locked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (email is not null or phone_number is not null or oidc_subject is not null),
    check ((oidc_issuer is null) = (oidc_subject is null)),
    unique (oidc_issuer, oidc_subject)
);
create index ix_people_role on cab.people (role) where role is not null;

create table cab.organisations (
    organisation_id uuid primary key,
    inn text not null check (inn ~ '^[0-9]{9}([0-9]{5})?$'),
    name text not null check (name <> '' and length(name) <= 300),
    owner_id uuid not null references cab.people (person_id),
    -- the same company among the desk's clients, once that is sure
    client_id uuid unique references cons.clients (client_id) on delete set null,
    matched_by text check (matched_by in ('email', 'phone', 'new', 'staff')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index ix_organisations_inn on cab.organisations (inn);
create index ix_organisations_owner on cab.organisations (owner_id);

create table cab.memberships (
    organisation_id uuid not null references cab.organisations on delete cascade,
    person_id uuid not null references cab.people on delete cascade,
    role text not null check (role in ('admin', 'user', 'viewer')),
    created_at timestamptz not null default now(),
    primary key (organisation_id, person_id)
);
create index ix_memberships_person on cab.memberships (person_id);

create table cab.invitations (
    invitation_id uuid primary key,
    organisation_id uuid not null references cab.organisations on delete cascade,
    email text not null check (email = lower(email)),
    role text not null check (role in ('admin', 'user', 'viewer')),
    token_hash bytea not null unique,
    invited_by uuid not null references cab.people (person_id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    accepted_at timestamptz,
    accepted_by uuid references cab.people (person_id),
    revoked_at timestamptz
);
create unique index ux_invitations_open on cab.invitations (organisation_id, email)
    where accepted_at is null and revoked_at is null;

-- Pairs of which nobody is sure that they are one company; a person of the staff says.
create table cab.merges (
    organisation_id uuid not null references cab.organisations on delete cascade,
    client_id uuid not null references cons.clients (client_id) on delete cascade,
    reason text not null check (reason in ('unproved', 'several', 'taken')),
    same boolean,
    decided_by uuid references cab.people (person_id),
    decided_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (organisation_id, client_id),
    check ((same is null) = (decided_at is null))
);
create index ix_merges_open on cab.merges (created_at) where same is null;

create table cab.credentials (
    credential_id bytea primary key,
    person_id uuid not null references cab.people on delete cascade,
    public_key bytea not null,
    sign_count bigint not null default 0,
    name text not null check (name <> '' and length(name) <= 100),
    created_at timestamptz not null default now(),
    used_at timestamptz
);
create index ix_credentials_person on cab.credentials (person_id);

create table cab.second_factors (
    person_id uuid primary key references cab.people on delete cascade,
    -- sealed with a key made of the platform's secret
    secret bytea not null,
    -- the step of the last code that was taken: none is taken twice
    last_step bigint not null default 0,
    confirmed_at timestamptz,
    created_at timestamptz not null default now()
);

create table cab.recovery_codes (
    person_id uuid not null references cab.people on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (person_id, code_hash)
);

-- What is half done until somebody proves something: a registration, a reset, a second factor, a challenge.
create table cab.proofs (
    token_hash bytea primary key,
    purpose text not null check (length(purpose) between 1 and 40),
    person_id uuid references cab.people on delete cascade,
    data jsonb not null default '{}',
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index ix_proofs_person on cab.proofs (person_id, purpose) where person_id is not null;
create index ix_proofs_email on cab.proofs ((data ->> 'email'), purpose) where data ? 'email';
create index ix_proofs_expires_at on cab.proofs (expires_at);

-- Browsers that a person signed in with before, known by a cookie.
create table cab.devices (
    token_hash bytea not null,
    person_id uuid not null references cab.people on delete cascade,
    agent text not null default 'other',
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    primary key (token_hash, person_id)
);
create index ix_devices_person on cab.devices (person_id);

-- Wrong proofs lately: by log-in and network, by log-in from unknown devices, by known device.
create table cab.tries (
    key bytea primary key,
    failures integer not null default 0,
    last_at timestamptz not null default now()
);
create index ix_tries_last_at on cab.tries (last_at);

alter table sys.sessions
    add column person_id uuid references cab.people on delete cascade,
    -- when he last proved that it is he, and whether with more than a password
    add column proved_at timestamptz,
    add column strong boolean not null default false,
    add column address text,
    drop constraint sessions_method_check,
    add constraint sessions_method_check check (method in ('link', 'telegram', 'key', 'person')),
    add constraint sessions_person_check check ((method = 'person') = (person_id is not null));
create index ix_sessions_person on sys.sessions (person_id) where person_id is not null;

alter table sys.api_keys
    add column organisation_id uuid references cab.organisations on delete cascade,
    add column made_by uuid references cab.people (person_id);
create index ix_api_keys_organisation on sys.api_keys (organisation_id) where organisation_id is not null;

create table log.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    -- kept as it was: the log outlives people
    actor text not null,
    person_id uuid,
    actor_role text,
    organisation_id uuid,
    act text not null,
    target text,
    address text,
    agent text,
    session_id uuid,
    trace_id text,
    before jsonb,
    after jsonb
);
create index ix_audit_person on log.audit (person_id, id desc);
create index ix_audit_organisation on log.audit (organisation_id, id desc) where organisation_id is not null;
create index ix_audit_act on log.audit (act, id desc);

create function log.refuse_audit_change() returns trigger language plpgsql as
$$ begin raise exception 'log.audit is append-only'; end $$;
create trigger audit_append_only before update or delete on log.audit
    for each row execute function log.refuse_audit_change();
create trigger audit_no_truncate before truncate on log.audit
    for each statement execute function log.refuse_audit_change();

-- Letters about a person's own account; those about requests are in log.notification_log.
create table log.letters (
    id uuid primary key,
    type text not null,
    email text not null,
    language text not null,
    -- links of one use are taken out once it was sent
    params jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'unknown', 'failed', 'expired')),
    attempts integer not null default 0,
    next_at timestamptz not null default now(),
    expires_at timestamptz not null,
    error text,
    created_at timestamptz not null default now(),
    sent_at timestamptz
);
create index ix_letters_due on log.letters (next_at) where state in ('queued', 'sending');
create index ix_letters_email on log.letters (email, created_at);
