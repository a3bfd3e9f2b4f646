create schema cons;
create schema dict;
create schema sys;
create schema log;

-- ---------------------------------------------------------------- clients and staff
create table cons.clients (
    client_id uuid primary key,
    cl_ref_key uuid unique,
    data_version text,
    parent_key uuid,
    code text,
    is_parent boolean not null default true,
    parent_id uuid references cons.clients (client_id),
    deleted boolean not null default false,
    code_abonent text,
    org_inn text,
    company_name text,
    name text,
    contact_name text,
    partner text,
    email text,
    phone_number text,
    country text,
    region text,
    city text,
    subs_id text,
    subs_start timestamptz,
    subs_end timestamptz,
    tariff_id uuid,
    tariffperiod_id uuid,
    org_id uuid,
    language text check (language in ('uz', 'ru', 'en')),
    contact_id bigint,
    source_id text,
    chatwoot_pubsub_token text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (is_parent = (parent_id is null))
);
create index ix_clients_code_abonent on cons.clients (code_abonent) where code_abonent is not null;
create index ix_clients_org_inn on cons.clients (org_inn) where org_inn is not null;
create index ix_clients_parent_key on cons.clients (parent_key);
create index ix_clients_parent_id on cons.clients (parent_id) where parent_id is not null;
create index ix_clients_contact_id on cons.clients (contact_id) where contact_id is not null;

create table cons.users (
    account_id uuid primary key,
    cl_ref_key uuid not null unique,
    data_version text,
    user_id text,
    description text not null,
    email text,
    department text,
    chatwoot_user_id integer unique,
    chatwoot_team text,
    avatar_url text,
    confirmed boolean not null default false,
    deletion_mark boolean not null default false,
    invalid boolean not null default false,
    ru boolean not null default false,
    uz boolean not null default false,
    con_limit integer check (con_limit >= 0),
    start_hour time,
    end_hour time,
    role text not null default 'agent' check (role in ('agent', 'administrator')),
    consultation_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table cons.users_skill (
    user_key uuid not null,
    category_key uuid not null,
    primary key (user_key, category_key)
);

create table cons.queue_closing (
    period timestamptz not null,
    manager_key uuid not null,
    created_at timestamptz not null default now(),
    primary key (period, manager_key)
);

-- ---------------------------------------------------------------- the request
create table cons.cons (
    cons_id uuid primary key,
    cl_ref_key uuid unique,
    data_version text,
    number text,
    consultation_type text not null
        check (consultation_type in ('Консультация по ведению учёта', 'Техническая поддержка')),
    status text not null
        check (status in ('new', 'open', 'pending', 'other', 'closed', 'resolved', 'cancelled')),
    denied boolean not null default false,
    deleted boolean not null default false,
    client_id uuid references cons.clients (client_id),
    client_key uuid,
    org_inn text,
    manager uuid,
    author uuid,
    importance smallint check (importance between 1 and 3),
    create_date timestamptz not null,
    changed_date timestamptz,
    start_date timestamptz,
    end_date timestamptz,
    redate date,
    redate_time time,
    lang text check (lang in ('uz', 'ru', 'en')),
    topic text,
    comment text,
    software text check (software in ('бух', 'рт', 'ук')),
    online_question_cat uuid,
    online_question uuid,
    con_blocks uuid,
    con_rates jsonb,
    con_calls jsonb,
    source text not null,
    conversation_id bigint unique,
    chatwoot_source_id text,
    -- what Chatwoot was last seen to show: the base against which a change made there is told from ours
    conversation_status text,
    assignee_id integer,
    conversation_version double precision,
    -- what we want 1C to show and it has not confirmed yet, by column name
    wanted jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- a support request never has a 1C document; it is resolved, an accounting one is closed
    check (consultation_type <> 'Техническая поддержка' or cl_ref_key is null),
    check ((status = 'resolved') <= (consultation_type = 'Техническая поддержка'))
) with (fillfactor = 90);
create index ix_cons_client_id on cons.cons (client_id);
create index ix_cons_client_key on cons.cons (client_key);
create index ix_cons_number on cons.cons (number);
create index ix_cons_manager_status on cons.cons (manager, status) where status in ('new', 'open', 'pending', 'other');
create index ix_cons_create_date on cons.cons (create_date);
create index ix_cons_start_date on cons.cons (start_date);
create index ix_cons_open on cons.cons (cons_id) where status in ('new', 'open', 'pending', 'other');

create table cons.q_and_a (
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    section text not null check (section in ('its', 'qa')),
    line_number integer not null,
    cons_ref_key uuid,
    po_type_key uuid,
    po_section_key uuid,
    con_blocks_key uuid,
    manager_help_key uuid,
    is_repeat boolean,
    question text,
    answer text,
    created_at timestamptz not null default now(),
    primary key (cons_id, section, line_number)
);

create table cons.cons_redate (
    id bigint generated always as identity primary key,
    cons_key uuid not null,
    clients_key uuid,
    manager_key uuid,
    period timestamptz not null,
    old_date timestamptz,
    new_date timestamptz not null,
    comment text,
    created_at timestamptz not null default now(),
    constraint uq_cons_redate_keys unique nulls not distinct (cons_key, clients_key, manager_key, period)
);

create table cons.calls (
    id bigint generated always as identity primary key,
    period timestamptz not null,
    cons_key uuid not null,
    client_key uuid,
    manager uuid,
    created_at timestamptz not null default now(),
    constraint uq_calls_keys unique nulls not distinct (cons_key, period, manager)
);

create table cons.cons_rating_answers (
    id bigint generated always as identity primary key,
    cons_key uuid not null,
    client_key uuid,
    manager_key uuid,
    question_number integer not null,
    rating smallint check (rating between 1 and 5),
    question_text text,
    comment text,
    sent_to_base boolean,
    rating_date timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint uq_cons_rating_answer unique nulls not distinct (cons_key, manager_key, question_number)
);

-- ---------------------------------------------------------------- dictionaries and knowledge
create table dict.po_types (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    description text not null, details text);
create table dict.po_sections (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    owner_key uuid, description text not null, details text);
create table dict.online_question_cat (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    code text, description text not null, language text not null check (language in ('uz', 'ru')));
create table dict.online_question (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    code text, description text not null, language text not null check (language in ('uz', 'ru')),
    category_key uuid, useful_info text, question text);
create table dict.knowledge_base (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    description text not null, po_type_key uuid, po_section_key uuid, author_key uuid, question text, answer text);
create table dict.consultation_interference (
    ref_key uuid primary key, data_version text, deleted boolean not null default false,
    code text, description text not null);

-- ---------------------------------------------------------------- machinery
create table sys.user_mapping (
    chatwoot_user_id integer primary key,
    cl_manager_key uuid not null unique,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table sys.sync_state (
    entity_name text primary key,
    last_synced_at timestamptz,
    last_synced_code text,
    last_synced_key text,
    state jsonb not null default '{}',
    first_load_done boolean not null default false,
    last_run_at timestamptz,
    last_success_at timestamptz,
    failures_in_row integer not null default 0,
    last_error text
);

create table sys.idempotency_keys (
    principal text not null,
    operation_type text not null,
    key text not null check (length(key) between 1 and 200),
    request_hash text not null,
    state text not null default 'in_flight' check (state in ('in_flight', 'done')),
    resource_id uuid,
    status_code smallint,
    response_data jsonb,
    locked_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (principal, operation_type, key)
);
create index ix_idempotency_keys_expires_at on sys.idempotency_keys (expires_at);

-- What a partner must be told: not a queue of past events but the subjects that may differ (architecture, part 0).
create table sys.outbox (
    system text not null check (system in ('onec', 'chatwoot')),
    subject text not null,
    subject_id uuid not null,
    wanted_version bigint not null default 1,
    state text not null default 'pending' check (state in ('pending', 'claimed', 'dead')),
    attempts integer not null default 0,
    first_at timestamptz not null default now(),
    next_at timestamptz not null default now(),
    lease_until timestamptz,
    error_class text,
    last_error text,
    primary key (system, subject, subject_id)
) with (fillfactor = 50);
create index ix_outbox_due on sys.outbox (system, next_at) where state = 'pending';
create index ix_outbox_leased on sys.outbox (lease_until) where state = 'claimed';

create table sys.bad_records (
    process text not null,
    record_key text not null,
    payload jsonb not null,
    error_class text not null,
    error text not null,
    state text not null default 'retry' check (state in ('retry', 'dead')),
    attempts integer not null default 1,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    next_at timestamptz not null default now(),
    primary key (process, record_key)
);

create table sys.drift (
    consultation text not null,
    kind text not null,
    systems text[] not null,
    detail jsonb not null default '{}',
    since timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    primary key (consultation, kind)
);

create table sys.alerts (
    key text primary key,
    text jsonb not null,
    raised_at timestamptz not null default now(),
    told_at timestamptz,
    over_at timestamptz,
    over_told_at timestamptz
);

create table sys.api_keys (
    key_hash bytea primary key,
    name text not null,
    role text not null check (role in ('service', 'client', 'manager', 'head', 'administrator', 'auditor')),
    subject_id uuid,
    scopes text[] not null default '{}',
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

create table sys.settings (
    key text primary key,
    value jsonb not null,
    updated_at timestamptz not null default now()
);

-- ---------------------------------------------------------------- logs
create table log.etl_runs (
    id bigint generated always as identity primary key,
    process text not null,
    trigger text not null default 'schedule' check (trigger in ('schedule', 'manual', 'start')),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    duration_ms integer,
    outcome text not null default 'running' check (outcome in ('running', 'ok', 'partial', 'failed', 'lost')),
    read_count bigint not null default 0,
    expected_count bigint,
    created_count bigint not null default 0,
    updated_count bigint not null default 0,
    unchanged_count bigint not null default 0,
    failed_count bigint not null default 0,
    cursor_from timestamptz,
    cursor_to timestamptz,
    error_class text,
    error text
);
create index ix_etl_runs_process on log.etl_runs (process, id desc);
create index ix_etl_runs_started_at on log.etl_runs (started_at);

-- The inbox of foreign messages: stored before it is answered, handled once.
create table log.webhook_log (
    id bigint generated always as identity primary key,
    source text not null,
    delivery_id text not null,
    event text not null,
    subject text,
    payload jsonb not null,
    state text not null default 'new' check (state in ('new', 'claimed', 'handled', 'ignored', 'dead')),
    attempts integer not null default 0,
    next_at timestamptz not null default now(),
    lease_until timestamptz,
    error_message text,
    created_at timestamptz not null default now(),
    handled_at timestamptz,
    unique (source, delivery_id)
) with (fillfactor = 80);
create index ix_webhook_log_due on log.webhook_log (next_at, id) where state in ('new', 'claimed');
create index ix_webhook_log_subject on log.webhook_log (source, subject, id);
create index ix_webhook_log_created_at on log.webhook_log (created_at);

create table log.events (
    id bigint generated always as identity primary key,
    name text not null,
    cons_id uuid,
    origin text not null check (origin in ('onec', 'chatwoot', 'platform', 'api', 'operator')),
    actor text,
    changes jsonb not null default '{}',
    at timestamptz not null default now()
);
create index ix_events_cons_id on log.events (cons_id, id);

create function log.refuse_change() returns trigger language plpgsql as
$$ begin raise exception 'log.events is append-only'; end $$;
create trigger events_append_only before update or delete on log.events
    for each row execute function log.refuse_change();

create view log.consultation_change_log as
select e.id, e.cons_id, c.key as field_name, c.value ->> 0 as old_value, c.value ->> 1 as new_value,
       upper(e.origin) as source, e.at as created_at
from log.events e, jsonb_each(e.changes) c where e.cons_id is not null;

create table log.notification_log (
    id uuid primary key,
    notification_type text not null,
    entity_id uuid not null,
    unique_hash text not null unique,
    audience text not null default 'client' check (audience in ('client', 'manager')),
    channel text not null default 'chatwoot',
    language text not null,
    params jsonb not null default '{}',
    body text,
    state text not null default 'queued'
        check (state in ('queued', 'sending', 'sent', 'unknown', 'failed', 'expired')),
    attempts integer not null default 0,
    next_at timestamptz not null default now(),
    expires_at timestamptz not null,
    message_id bigint,
    error text,
    created_at timestamptz not null default now(),
    sent_at timestamptz
);
create index ix_notification_log_due on log.notification_log (next_at) where state in ('queued', 'sending');
create index ix_notification_log_entity on log.notification_log (entity_id, created_at);

create view sys.dead_letters as
select 'outbox' as kind, system || ':' || subject || ':' || subject_id as id, error_class, last_error as error,
       attempts, first_at, next_at as last_at, jsonb_build_object('system', system, 'subject', subject,
       'subject_id', subject_id, 'wanted_version', wanted_version) as payload
from sys.outbox where state = 'dead'
union all
select 'record', process || ':' || record_key, error_class, error, attempts, first_at, last_at, payload
from sys.bad_records
union all
select 'webhook', source || ':' || id, 'unhandled', error_message, attempts, created_at, coalesce(handled_at, next_at),
       payload
from log.webhook_log where state = 'dead'
union all
select 'notification', id::text, state, error, attempts, created_at, coalesce(sent_at, next_at),
       jsonb_build_object('type', notification_type, 'entity_id', entity_id, 'language', language)
from log.notification_log where state in ('unknown', 'failed');
