-- A message is told to one recipient, by the first channel of its route that takes it.
alter table log.notification_log
    -- 'conversation' (the base: the client reads it there, so do managers), 'client', or 'telegram:ID' of one person
    add column recipient text not null default 'conversation',
    add column client_id uuid,
    add column telegram_user_id bigint,
    add column route text[] not null default '{chatwoot}'
        check (route <@ array['chatwoot', 'telegram', 'email', 'live'] and cardinality(route) between 1 and 4),
    drop constraint notification_log_state_check,
    -- refused: nobody took it, and the conversation has its copy; failed: nobody took it, and it was the only one
    add constraint notification_log_state_check
        check (state in ('queued', 'sending', 'sent', 'unknown', 'failed', 'refused', 'expired'));

update log.notification_log n set client_id = c.client_id from cons.cons c where c.cons_id = n.entity_id;

create index ix_notification_log_client_id on log.notification_log (client_id, id desc);
create index ix_notification_log_state on log.notification_log (state, id desc) where state <> 'sent';

-- What became of a message in each channel that was tried.
create table log.notification_attempts (
    notification_id uuid not null references log.notification_log on delete cascade,
    channel text not null,
    -- later: surely not sent, it is tried again
    state text not null check (state in ('sent', 'refused', 'later', 'unknown', 'failed')),
    error text,
    times integer not null default 1,
    first_at timestamptz not null default now(),
    at timestamptz not null default now(),
    primary key (notification_id, channel, state)
);
