-- The dialogue of each person with the bot: a restart in the middle of it loses nothing.
create table cons.telegram_dialogues (
    telegram_user_id bigint primary key references cons.telegram_users on delete cascade,
    -- the present dialogue: buttons of an earlier one are old; also the key under which its request is made once
    dialogue_id uuid not null,
    step text not null default '',
    data jsonb not null default '{}',
    -- for whom he speaks now, of those to whom he is linked; and the request that his texts belong to
    client_id uuid references cons.clients (client_id) on delete set null,
    cons_id uuid references cons.cons (cons_id) on delete set null,
    -- the last stored update that was taken into this state
    last_stored_id bigint not null default 0,
    updated_at timestamptz not null default now()
);

-- What the bot has to do at a phone, written with the state that it answers from, done in order.
create table cons.telegram_replies (
    id bigint generated always as identity primary key,
    chat_id bigint not null,
    method text not null,
    params jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'refused', 'unknown')),
    -- who is at it now, as far as anybody can tell
    claimed_until timestamptz,
    error text,
    created_at timestamptz not null default now(),
    done_at timestamptz
);
create index ix_telegram_replies_waiting on cons.telegram_replies (chat_id, id) where state = 'waiting';
create index ix_telegram_replies_created_at on cons.telegram_replies (created_at);

-- Each message of a conversation that was seen: who spoke when, never what.
create table cons.messages (
    message_id bigint primary key,
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    conversation_id bigint not null,
    direction text not null check (direction in ('in', 'out', 'note')),
    via text not null check (via in ('chatwoot', 'telegram', 'site', 'platform')),
    sender text check (sender in ('user', 'contact', 'agent_bot')),
    -- tells a changed text from the one that was sent on
    digest bytea,
    created_at timestamptz not null,
    seen_at timestamptz not null default now()
);
create index ix_messages_cons_id on cons.messages (cons_id, message_id);

-- How far each conversation was read: what stands after it was missed, whatever became of its webhook.
create table cons.message_marks (
    conversation_id bigint primary key,
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    last_message_id bigint not null,
    activity bigint not null default 0,
    looked_at timestamptz not null default now()
);
create index ix_message_marks_cons_id on cons.message_marks (cons_id);

-- One thing said that goes from Telegram into a conversation (in), back (out), or to the managers (note).
create table cons.telegram_messages (
    id bigint generated always as identity primary key,
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    chat_id bigint not null,
    direction text not null check (direction in ('in', 'out', 'note')),
    kind text not null,
    -- what makes it one and the same however often it is brought
    mark text not null unique,
    content jsonb not null default '{}',
    media_group text,
    telegram_ids bigint[] not null default '{}',
    message_id bigint,
    state text not null default 'waiting' check (state in ('waiting', 'sending', 'done', 'refused', 'unknown')),
    error text,
    created_at timestamptz not null default now(),
    done_at timestamptz
);
create index ix_telegram_messages_waiting on cons.telegram_messages (cons_id, id)
    where state in ('waiting', 'sending');
create index ix_telegram_messages_chat on cons.telegram_messages using btree (chat_id, id);
create index ix_telegram_messages_message_id on cons.telegram_messages (message_id) where message_id is not null;

alter table sys.outbox drop constraint outbox_system_check;
alter table sys.outbox add constraint outbox_system_check check (system in ('onec', 'chatwoot', 'telegram'));
