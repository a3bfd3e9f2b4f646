-- Who is behind a chat with the bot, for whom he may speak, and how a client wants to be told.
create table cons.telegram_users (
    telegram_user_id bigint primary key,
    chat_id bigint not null unique,
    username text,
    first_name text,
    last_name text,
    -- his own contact as Telegram vouched for it, in E.164
    phone_number text,
    language text check (language in ('uz', 'ru', 'en')),
    blocked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index ix_telegram_users_phone_number on cons.telegram_users (phone_number) where phone_number is not null;

create table cons.telegram_links (
    telegram_user_id bigint not null references cons.telegram_users on delete cascade,
    client_id uuid not null references cons.clients (client_id) on delete cascade,
    -- how it was proved: his own phone is the client's, a signed one-time link of the site, or a person of the staff
    proof text not null check (proof in ('phone', 'link', 'staff')),
    created_at timestamptz not null default now(),
    primary key (telegram_user_id, client_id)
);
create index ix_telegram_links_client_id on cons.telegram_links (client_id);

create table cons.telegram_staff (
    telegram_user_id bigint primary key references cons.telegram_users on delete cascade,
    account_id uuid not null references cons.users (account_id) on delete cascade,
    created_at timestamptz not null default now()
);
create index ix_telegram_staff_account_id on cons.telegram_staff (account_id);

create table cons.contact_preferences (
    client_id uuid primary key references cons.clients (client_id) on delete cascade,
    -- in the order of preference; empty: the platform's order
    channels text[] not null default '{}' check (channels <@ array['chatwoot', 'telegram', 'email', 'live']),
    -- local time (Asia/Tashkent) in which only what can't wait is told; both null: the platform's
    quiet_from time,
    quiet_to time,
    updated_at timestamptz not null default now(),
    check ((quiet_from is null) = (quiet_to is null))
);
